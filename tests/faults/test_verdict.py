"""The campaign can fail: one planted lost, repeated, reordered or phantom write is found and ends it with status 1."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from eventlog.position import Position
from faults.campaign import Outcome, Result
from faults.kinds.all import KINDS
from faults.ledger import Entry, Ledger
from faults.schedule import schedule
from faults.verdict import Findings, History, Record, Row, Topic, judged, shown

SERVICE_OF = {"sale": "tiering"}


def id_of(sequence: int) -> UUID:
    return UUID(int=sequence + 1000)


def row(sequence: int, *, number: str = "", command: int = 0, version: int = 0, previous: int | None = None) -> Row:
    before = sequence - 1 if previous is None else previous
    return Row(
        0, sequence, id_of(sequence), id_of(before) if before else None, 1, 1, version, UUID(int=command or sequence),
        "d/sales", number or f"F~{sequence}",
    )  # fmt: skip


def entry(sequence: int, *, at: int | None = None, outcome: str = "ok") -> Entry:
    made = Entry(f"F~{sequence}", "sale", "client", sequence)
    made.outcomes[outcome] += 1
    made.position = Position("tiering", 0, at or sequence, 1) if outcome == "ok" else None
    return made


def found(rows: list[Row], entries: list[Entry]) -> dict[str, int]:
    history = History("tiering")
    return (history.add(rows) + judged(entries, {"tiering": history}, SERVICE_OF)).counts()


NOTHING = {"lost": 0, "twice": 0, "reordered": 0, "phantom": 0}


def test_a_log_that_holds_what_was_acknowledged_and_perhaps_what_was_unknown_is_clean() -> None:
    assert found([row(1), row(2)], [entry(1), entry(2, outcome="unknown"), entry(3, outcome="unknown")]) == NOTHING


def test_what_was_acknowledged_and_is_not_there_is_lost_unless_it_was_lost_by_nature() -> None:
    gone = entry(2)
    assert found([row(1)], [entry(1), gone]) == NOTHING | {"lost": 1}
    gone.forgiven = True
    assert found([row(1)], [entry(1), gone]) == NOTHING


def test_a_hole_in_the_log_is_a_loss() -> None:
    assert found([row(1), row(3, previous=2)], [entry(1), entry(3)])["lost"] == 1


def test_one_number_or_one_command_twice_is_applied_twice() -> None:
    assert found([row(1), row(2, number="F~1")], [entry(1)])["twice"] == 1
    assert found([row(1), row(2, command=1)], [entry(1), entry(2)])["twice"] == 1


def test_a_broken_chain_a_version_out_of_turn_and_another_order_than_acknowledged_are_reordered() -> None:
    assert found([row(1), row(2, previous=9)], [entry(1), entry(2)])["reordered"] == 1
    assert found([row(1, version=1), row(2, version=3)], [entry(1), entry(2)])["reordered"] == 1
    assert found([row(1), row(2)], [entry(1, at=2), entry(2)])["reordered"] == 1
    swapped = [row(1, number="F~2"), row(2, number="F~1")]
    assert found(swapped, [entry(1, at=2), entry(2, at=1)])["reordered"] == 1


def test_what_nobody_sent_or_every_attempt_of_which_was_refused_is_a_phantom() -> None:
    assert found([row(1)], []) == NOTHING | {"phantom": 1}
    assert found([row(1)], [entry(1, outcome="failed")]) == NOTHING | {"phantom": 1}


def topic(*sequences: int, foreign: int | None = None) -> dict[str, int]:
    history = History("tiering")
    history.add([row(1), row(2), row(3)])
    read = Topic(history)
    records = [Record(0, offset, s, id_of(s if s != foreign else 99), None) for offset, s in enumerate(sequences)]
    return (read.add(records) + read.undrained()).counts()


def test_a_topic_may_repeat_and_must_neither_lack_nor_end_early_nor_hold_another_event() -> None:
    assert topic(1, 2, 1, 2, 3) == NOTHING
    assert topic(1, 3) == NOTHING | {"lost": 1}
    assert topic(1, 2) == NOTHING | {"lost": 1}
    assert topic(1, 2, 3, foreign=2)["phantom"] == 1
    assert topic(1, 2, 3, 4)["phantom"] == 1


def test_a_table_shows_each_number_once_and_no_other() -> None:
    counts = shown("table", ["F~1", "F~2"], {"F~2": 2, "F~3": 1}).counts()
    assert counts == {"lost": 1, "twice": 1, "reordered": 0, "phantom": 1}


def outcome(*results: Result) -> Outcome:
    return Outcome(1, len(results), list(results), last=Result(0, "the end"))


@pytest.mark.parametrize("name", NOTHING)
def test_one_finding_of_any_sort_is_not_clean(name: str) -> None:
    assert outcome(Result(1, "a"), Result(2, "b")).clean
    assert not outcome(Result(1, "a", findings=Findings(**{name: ["planted"]}))).clean


def test_unequal_digests_an_error_and_a_campaign_that_broke_off_are_not_clean() -> None:
    assert not outcome(Result(1, "a", unequal="sale_line")).clean
    assert not outcome(Result(1, "a", error="a probe stayed green")).clean
    assert not Outcome(1, 2, [Result(1, "a")], last=Result(0, "the end")).clean
    assert not Outcome(1, 1, [Result(1, "a")]).clean


def test_a_seed_repeats_the_schedule_and_every_kind_comes_in_the_first_round() -> None:
    planned = schedule(7, 200, KINDS)
    assert planned == schedule(7, 200, KINDS) != schedule(8, 200, KINDS)
    assert {each.kind.name for each in planned[: len(KINDS)]} == KINDS.keys()


def test_the_ledger_knows_an_attempt_before_its_answer(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    made = Entry("F~1", "sale", "client", 1)
    ledger.attempt([made])
    assert '"sent"' in (tmp_path / "ledger").read_text() and made.possible and not made.acknowledged
    ledger.outcome(made, "failed")
    assert not made.possible
    ledger.attempt([made])
    ledger.outcome(made, "ok", Position("tiering", 0, 1, 1))
    assert made.acknowledged and dict(ledger.counted()) == {"ok": 1, "failed": 1}
    assert ledger.forgive(["F~1"]) == 1 and not made.acknowledged and ledger.acknowledged() == 1
