"""What counts as a consumer that goes round."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from service.loops import went_round


def consuming(*, broken: bool = False, behind: int = 0, unheard: bool = False, applying: bool = False) -> Any:
    reader = SimpleNamespace(stopped={}, turned_at=5.0)
    said = {"broken": broken, "unheard": unheard, "applying": applying, "lag": lambda: {("tiering", 0): behind}}
    return SimpleNamespace(reader=reader, turned_at=7.0, **said)


def now(turned_at: float) -> bool:
    return turned_at >= time.monotonic() - 1


def test_nothing_to_do_is_progress_and_a_lag_counts_from_the_last_batch() -> None:
    assert now(went_round(consuming()))
    assert went_round(consuming(behind=3)) == 7.0


def test_a_client_whose_fetching_ended_makes_no_progress_although_no_lag_is_seen() -> None:
    assert went_round(consuming(broken=True)) == 7.0


def test_a_consumer_that_kafka_does_not_answer_waits_and_one_that_hangs_in_a_batch_does_not() -> None:
    assert now(went_round(consuming(behind=3, unheard=True)))
    assert went_round(consuming(behind=3, unheard=True, applying=True)) == 7.0
