"""A real year of a wholesaler through the sink, into classes: the figures that were counted independently."""

from __future__ import annotations

import os
import time
from decimal import Decimal
from pathlib import Path

import pytest

from events import DealerOnboarded
from events.ids import uuid7
from service.access import Caller
from service.imports import dealers_named, run_import, shipped_profiles
from tiering import running
from tiering.importing import sales_sink
from tiering.recording import Recorder
from tiering.rederive import rederive_run, started_run

from .conftest import HEAD, TODAY, World

DATA = Path(os.environ.get("DEALERLOG_DATA", Path(__file__).parents[5] / "shared" / "data"))
FILE = DATA / "online-retail-2009-10.parquet"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason="the full Online Retail files are not there (DEALERLOG_DATA)"),
]


async def test_a_real_year_is_loaded_whole_and_classified(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = shipped_profiles("tiering")["online-retail-2009-10"]
    named = dealers_named(FILE, profile)
    for each in named:
        event = DealerOnboarded.model_validate({
            "code": f"D-{each.number}", "name": each.name, "territory": "T1", "branch": "B1", "region": "R1",
            "channel_level": "retailer", "cooperation": "dealer",
            "references": [{"source": each.source, "number": each.number}],
            "terms": {"method": "credit", "term_days": 30}, "forecast_monthly_sales": "1",
            "submitted_by": "a", "reviewed_by": "b", "approved_by": "c", "onboarded_on": "2009-12-01",
        })  # fmt: skip
        world.stage(event, str(uuid7()))
    await world.tell_staged()
    recorder = Recorder(log=world.runtime.log, actor="feed", today=TODAY, currency="GBP", correlation="c")
    sink = sales_sink(world.runtime.reader, Caller("feed", "importer", "company", None), recorder, "year-1")
    begun = time.monotonic()
    report = await run_import(FILE, profile, sink, spool_dir=tmp_path, today=TODAY, currency="GBP")
    loaded = time.monotonic() - begun
    assert (report.accepted, report.rejected, report.duplicates) == (407_695 + 9_839, 107_927, 0)
    begun = time.monotonic()
    await world.project()
    projected = time.monotonic() - begun
    window = {"window_from": "2009-12-01", "window_to": "2010-12-31", "measure": "gross_sales"}
    run = (await world.post("/classification-runs", window, who=HEAD)).json()
    begun = time.monotonic()
    started = await started_run(world.runtime.log, run["id"])
    ranking = await running.ranking_of(world.runtime, started)
    ranked = time.monotonic() - begun
    assert (ranking.population, ranking.total) == (4_383, Decimal("8832003.274"))
    begun = time.monotonic()
    assert await running.resume(world.runtime) == [run["id"]]
    written = time.monotonic() - begun
    await world.project()
    shown = (await world.get(f"/classification-runs/{run['id']}")).json()
    assert (shown["state"], shown["classified"], shown["digest"]) == ("completed", 4_383, ranking.digest())
    begun = time.monotonic()
    again = await rederive_run(world.runtime, run["id"], started)
    rederived = time.monotonic() - begun
    basis = running.Execution(run["id"], started, TODAY, "head").basis
    assert again == {each.dealer: each.data() for each in running.decisions(ranking, basis)} and len(again) == 4_383
    with capsys.disabled():
        print(f"\nloaded {report.accepted / loaded:,.0f} lines/s, projected {report.accepted / projected:,.0f}/s, "
              f"ranked in {ranked:.2f} s, {4383 / written:,.0f} classes/s, rederived in {rederived:.1f} s")  # fmt: skip
