"""A file of sale lines: a verdict a row, the same again changes nothing, and the whole file can be taken back."""

from __future__ import annotations

import base64
import random
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from events import DealerOnboarded
from service.caller import Caller
from service.imports import ImportReport, run_import, shipped_profiles
from service.imports.brought import brought_by
from service.imports.working import ImportWorker
from tiering.importing import preview_sink, sales_sink, undo
from tiering.imports import IMPORTING
from tiering.recording import Recorder

from .conftest import FEED, HEAD, TODAY, World, said

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
ROWS = [
    "536365,85123A,LAMP,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536365,85123A,LAMP,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom",
    "536366,22633,WARMER,6,2010-12-01 08:28:00,1.85,17850.0,United Kingdom",
    "C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom",
    "536367,84879,BIRD,32,2010-12-01 08:34:00,1.69,13047,United Kingdom",
    "536414,22139,,56,2010-12-01 11:52:00,0,,United Kingdom",
]
IMPORTER = Caller("erp-feed", "importer", "company", None)


def recorder(world: World) -> Recorder:
    return Recorder(log=world.runtime.log, actor="erp-feed", today=TODAY, currency="GBP", correlation="c")


@pytest.fixture(scope="module")
async def source() -> str:
    return shipped_profiles("tiering")["online-retail-2010-11"].source


@pytest.fixture(scope="module")
async def dealers(world: World, source: str) -> dict[str, str]:
    made = {}
    for number in ("17850", "14527"):
        dealer = await world.dealer(number)
        onboarded = DealerOnboarded.model_validate({
            "code": f"X{number}", "name": number, "territory": "T1", "branch": "B1", "region": "R1",
            "channel_level": "retailer", "cooperation": "dealer",
            "references": [{"source": source, "number": number}], "terms": {"method": "credit", "term_days": 30},
            "forecast_monthly_sales": "1", "submitted_by": "a", "reviewed_by": "b", "approved_by": "c",
            "onboarded_on": "2010-01-01",
        })  # fmt: skip
        await world.tell(onboarded, dealer)
        made[number] = dealer
    return made


async def imported(world: World, folder: Path, rows: list[str], import_id: str, sink: Any = None) -> ImportReport:
    path = folder / f"{import_id}.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    profile = shipped_profiles("tiering")["online-retail-2010-11"]
    used = sink or sales_sink(world.runtime.reader, IMPORTER, recorder(world), import_id)
    report = await run_import(path, profile, used, spool_dir=folder, today=TODAY, currency="GBP", dry_run=bool(sink))
    await world.project()
    return report


async def test_a_file_is_recorded_once_in_any_order_and_taken_back_whole(
    world: World, dealers: dict[str, str], tmp_path: Path
) -> None:
    before = await world.events()
    preview = preview_sink(world.runtime.reader, IMPORTER, recorder(world))
    shown = await imported(world, tmp_path, ROWS, "preview", preview)
    assert (shown.accepted, shown.rejected) == (4, 2) and await world.events() == before
    first = await imported(world, tmp_path, ROWS, "imp-1")
    assert (first.accepted, first.duplicates, first.rejected) == (4, 0, 2), first
    assert first.reasons["unknown-dealer"] == 1 and await world.events() == before + 4
    mixed = ROWS[:]
    random.Random(5).shuffle(mixed)
    again = await imported(world, tmp_path, mixed, "imp-2")
    assert (again.accepted, again.duplicates) == (0, 4) and await world.events() == before + 4
    brought = [each async for each in brought_by(world.runtime.log, "imp-1", after={})]
    assert len(brought) == 4
    assert Counter([each.subject for each in brought]) == {dealers["17850"]: 3, dealers["14527"]: 1}
    assert {each.row for each in brought} == {2, 3, 4, 5}
    assert await undo(world.runtime.log, recorder(world), "imp-1", "wrong file", after={}) == 4
    assert await undo(world.runtime.log, recorder(world), "imp-1", "wrong file", after={}) == 0
    await world.project()
    shown_lines = (await world.get(f"/dealers/{dealers['17850']}/sales")).json()["items"]
    assert len(shown_lines) == 3 and all(each["reversed"] for each in shown_lines)
    after = await imported(world, tmp_path, ROWS, "imp-3")
    assert (after.accepted, after.duplicates, after.rejected) == (4, 0, 2)
    assert (await imported(world, tmp_path, mixed, "imp-4")).duplicates == 4


async def test_a_file_sent_over_http_is_worked_listed_and_undone(world: World, dealers: dict[str, str]) -> None:
    content = (HEADER + "\n".join(row.replace("5363", "9963") for row in ROWS[:3]) + "\n").encode()
    query = "name=sales.csv&profile=online-retail-2010-11"
    headers = {"Content-Type": "application/octet-stream"}
    wrong = await world.post(f"/imports?{query}", who=FEED, content=content, headers=headers)
    assert said(wrong, 422, "other-currency")  # the installation of these tests keeps CNY
    assert said(await world.post(f"/imports?{query}", who=HEAD, content=content, headers=headers), 403, "forbidden")
    text = files("tiering").joinpath("profiles", "online-retail-2010-11.toml").read_text().replace('"GBP"', '"CNY"')
    carried = headers | {"Import-Profile": base64.b64encode(text.encode()).decode()}
    sent = await world.post("/imports?name=sales.csv", who=FEED, content=content, headers=carried)
    assert sent.status_code == 202, sent.text
    path = f"/imports/{sent.json()['id']}"
    worker = ImportWorker(IMPORTING, world.runtime)
    assert await worker.work() == 1
    await world.project()
    found = (await world.get(path, who=FEED)).json()
    assert (found["state"], found["accepted"], found["rejected"]) == ("completed", 3, 0)
    assert (await world.get("/imports", who=FEED)).json()["items"][0]["accepted"] == 3
    undone = await world.post(f"{path}/undo", {"reason": "wrong file"}, who=FEED)
    assert undone.status_code == 202 and await worker.work() == 1
    found = (await world.get(path, who=FEED)).json()
    assert (found["state"], found["reversed"]) == ("undone", 3)
