"""The benchmark's own arithmetic, and one small run of it from the command line to the JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bench.measuring import Aim, Contender, Row, Series, in_turns, percentile
from bench.report import table
from dealerlog.addresses import Addresses
from dealerlog.installation import CHECKOUT

OURS, BARE = Series([50.0, 60.0, 40.0]), Series([100.0, 90.0, 110.0])


def test_a_ratio_is_of_medians_and_an_aim_may_be_of_either_figure() -> None:
    row = Row("x", "events/s", OURS, "bare", BARE, (Aim(0.6), Aim(45, "ours"), Aim(0.4, at_least=False)))
    assert row.ratio == 0.5
    assert [aim.met(row.figure(aim) or 0) for aim in row.aims] == [False, True, False]
    assert OURS.spread == pytest.approx(0.4)


def test_a_missed_aim_is_shown_with_the_factor_and_a_met_one_is_not() -> None:
    console = Console(width=200, record=True, file=StringIO())
    console.print(
        table([Row("slow", "ms", OURS, "bare", BARE, (Aim(1.0),)), Row("ok", "ms", OURS, "bare", BARE, (Aim(0.5),))])
    )
    told = console.export_text()
    assert told.count("missed 2.0 ×") == 1 and told.count("✗") == 1 and told.count("✓") == 1


async def test_contenders_take_turns_and_each_round_turns_the_order_round() -> None:
    order: list[str] = []

    def contender(name: str) -> Contender:
        async def run() -> float:
            order.append(name)
            return float(len(order))

        return run

    reached = await in_turns({"a": contender("a"), "b": contender("b")}, 3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert reached["a"].values == [1.0, 4.0, 5.0]


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert percentile([float(n) for n in range(1, 101)], 0.99) == 100.0
    assert percentile([3.0], 0.99) == 3.0


@pytest.mark.slow
def test_a_small_run_writes_every_row_with_machine_versions_and_commit(stack: Addresses, tmp_path: Path) -> None:
    given = f"kafka={stack.kafka.bootstrap_servers},pg={stack.admin_url}"
    out = tmp_path / "bench.json"
    subjects = ("bulk", "commands", "read", "classes", "whatif")
    done = subprocess.run(
        [sys.executable, "-m", "bench", *subjects, "--size", "small", "--out", str(out)],
        cwd=CHECKOUT, env={**os.environ, "DEALERLOG_TEST_STACK": given}, capture_output=True, text=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(out.read_text())
    assert {"commit", "cores", "postgres", "libraries", "load_before"} <= told["machine"].keys()
    assert {row["name"].split(":")[0].split(",")[0] for row in told["rows"]} >= {"bulk facts", "single commands"}
    assert all(row["ours"]["values"] and row["median"] > 0 for row in told["rows"])
