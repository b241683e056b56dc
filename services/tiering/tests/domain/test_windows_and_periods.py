"""Windows of full months, and the periods in which visits are planned (domain.md 0, 3.2, 3.6)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events.decider import Refused
from tiering.domain.periods import period_after, period_of, periods
from tiering.domain.windows import Window, explicit_window, last_full_months

days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
cadences = st.sampled_from(["half_month", "month", "quarter"])


@pytest.mark.parametrize(
    ("as_of", "first", "last"),
    [
        ("2026-03-31", "2025-04-01", "2026-03-31"),
        ("2026-03-30", "2025-03-01", "2026-02-28"),
        ("2024-02-28", "2023-02-01", "2024-01-31"),
        ("2024-02-29", "2023-03-01", "2024-02-29"),
        ("2026-01-01", "2025-01-01", "2025-12-31"),
    ],
)
def test_the_last_12_full_months_end_with_the_month_whose_last_day_is_reached(as_of, first, last):
    assert last_full_months(date.fromisoformat(as_of)) == (date.fromisoformat(first), date.fromisoformat(last))


@given(days, st.integers(1, 36))
def test_a_window_of_full_months_begins_on_a_first_and_its_month_has_ended(as_of, months):
    window = last_full_months(as_of, months)
    assert window.first.day == (window.last + timedelta(days=1)).day == 1
    assert window.last <= as_of < (window.last + timedelta(days=32)).replace(day=1) + timedelta(days=31)
    assert (window.last.year - window.first.year) * 12 + window.last.month - window.first.month == months - 1


def test_a_window_holds_both_its_days():
    window = Window(date(2025, 1, 1), date(2025, 12, 31))
    assert all(day in window for day in window)
    assert date(2024, 12, 31) not in window
    assert date(2026, 1, 1) not in window


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-02-01", "2026-01-31", "window-reversed"),
        ("2015-01-01", "2026-01-31", "window-too-long"),
        ("2026-01-01", "2026-03-03", "window-in-future"),
    ],
)
def test_a_window_that_cannot_be_meant_is_refused(first, last, code):
    with pytest.raises(Refused) as refused:
        explicit_window(date.fromisoformat(first), date.fromisoformat(last), today=date(2026, 3, 2))
    assert refused.value.code == code


def test_one_day_is_a_window():
    assert explicit_window(date(2026, 3, 2), date(2026, 3, 2), today=date(2026, 3, 2))


@pytest.mark.parametrize(
    ("cadence", "day", "first", "last"),
    [
        ("half_month", "2024-02-15", "2024-02-01", "2024-02-15"),
        ("half_month", "2024-02-16", "2024-02-16", "2024-02-29"),
        ("half_month", "2025-12-31", "2025-12-16", "2025-12-31"),
        ("month", "2025-02-28", "2025-02-01", "2025-02-28"),
        ("quarter", "2025-05-05", "2025-04-01", "2025-06-30"),
        ("quarter", "2025-12-31", "2025-10-01", "2025-12-31"),
    ],
)
def test_every_day_lies_in_one_period_of_a_cadence(cadence, day, first, last):
    assert period_of(cadence, date.fromisoformat(day)) == (date.fromisoformat(first), date.fromisoformat(last))


@given(cadences, days)
def test_periods_follow_each_other_without_gap_or_overlap(cadence, day):
    period, following = period_of(cadence, day), period_after(cadence, day)
    assert period.first <= day <= period.last
    assert following.first == period.last + timedelta(days=1)
    assert {period_of(cadence, end) for end in period} == {period}


@given(days)
def test_a_half_month_has_13_to_16_days(day):
    period = period_of("half_month", day)
    assert 13 <= (period.last - period.first).days + 1 <= 16


@given(days)
def test_a_year_has_24_half_months_12_months_and_4_quarters(day):
    before, end = date(day.year - 1, 12, 31), date(day.year, 12, 31)
    counts = [len(list(periods(cadence, after=before, until=end))) for cadence in ("half_month", "month", "quarter")]
    assert counts == [24, 12, 4]
