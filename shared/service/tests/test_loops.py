"""What counts as a consumer that goes round."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

from service.loops import went_round


def consuming(*, broken: bool, behind: int) -> Any:
    reader = SimpleNamespace(stopped={}, turned_at=5.0)
    return SimpleNamespace(reader=reader, turned_at=7.0, broken=broken, lag=lambda: {("tiering", 0): behind})


def test_nothing_to_do_is_progress_and_a_lag_counts_from_the_last_batch() -> None:
    assert went_round(consuming(broken=False, behind=0)) >= time.monotonic() - 1
    assert went_round(consuming(broken=False, behind=3)) == 7.0


def test_a_client_whose_fetching_ended_makes_no_progress_although_no_lag_is_seen() -> None:
    assert went_round(consuming(broken=True, behind=0)) == 7.0
