"""Missing document numbers: what lies between two numbers of one sequence and is not there, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from credit_rating.domain.missing_numbers import Gap, gaps


def test_a_gap_is_written_as_its_neighbours_are() -> None:
    assert list(gaps(["INV-0007", "INV-0011", "INV-0008"])) == [Gap("INV-", "INV-0009", "INV-0010", 2)]
    assert list(gaps(["9", "12"])) == [Gap("", "10", "11", 2)]


def test_each_prefix_counts_for_itself_and_what_does_not_count_is_left_out() -> None:
    assert list(gaps(["A-1", "B-3", "2026-A", "", "7" * 19, "x" + "8" * 19])) == []
    assert list(gaps(["2025-9", "2026-1", "2026-3"])) == [Gap("2026-", "2026-2", "2026-2", 1)]


def test_a_number_twice_or_with_other_zeros_is_no_gap() -> None:
    assert list(gaps(["R-01", "R-1", "R-2", "R-2"])) == []


@given(st.sets(st.integers(0, 400), min_size=1), st.randoms(use_true_random=False))
def test_there_and_missing_together_are_everything_from_first_to_last(there: set[int], chance: object) -> None:
    found = list(gaps(f"N-{each}" for each in there))
    missing = [n for gap in found for n in range(int(gap.first[2:]), int(gap.last[2:]) + 1)]
    assert sorted([*there, *missing]) == list(range(min(there), max(there) + 1))
    assert len(missing) == sum(gap.missing for gap in found)
