from datetime import date

from credit_rating.domain.calendar_window import (
    full_months,
    full_months_since,
    full_quarters,
    month_of,
    months_window,
    plus_months,
)


def test_plus_months_clips_to_the_end_of_the_month():
    assert plus_months(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert plus_months(date(2027, 11, 30), 3) == date(2028, 2, 29)
    assert plus_months(date(2026, 2, 28), 3) == date(2026, 5, 28)
    assert plus_months(date(2028, 2, 29), -12) == date(2027, 2, 28)


def test_a_full_month_has_its_last_day_on_or_before_the_as_of_date():
    assert list(full_months(date(2026, 3, 31), 3)) == [month_of(date(2026, m, 1)) for m in (1, 2, 3)]
    assert list(full_months(date(2026, 3, 30), 3)) == [
        month_of(date(y, m, 1)) for y, m in ((2025, 12), (2026, 1), (2026, 2))
    ]


def test_full_months_since_count_the_month_of_the_first_invoice_once_it_is_over():
    assert full_months_since(date(2026, 3, 31), date(2026, 3, 31)) == 1
    assert full_months_since(date(2026, 3, 1), date(2026, 3, 30)) == 0
    assert full_months_since(date(2026, 1, 20), date(2026, 3, 31)) == 3


def test_a_window_of_twelve_months_begins_the_day_after_the_same_day_a_year_before():
    assert months_window(date(2026, 6, 15), 12) == (date(2025, 6, 16), date(2026, 6, 15))
    assert months_window(date(2024, 2, 29), 12) == (date(2023, 3, 1), date(2024, 2, 29))


def test_quarters_are_calendar_quarters_that_are_over():
    quarters = full_quarters(date(2025, 11, 20), date(2026, 6, 29))
    assert quarters == [
        (month_of(date(2025, 10, 1)), month_of(date(2025, 12, 1))),
        (month_of(date(2026, 1, 1)), month_of(date(2026, 3, 1))),
    ]
    assert len(full_quarters(date(2025, 11, 20), date(2026, 6, 30))) == 3
