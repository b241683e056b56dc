"""Months, full months and windows, as the trade counts them.

Source: domain.md 0. A calendar month is an `int` (year × 12 + month − 1), so that months subtract and range.
A full month has its last day on or before the as-of date; plus n months clips to the month's end.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

Month = int
MONTHS_OF_A_QUARTER = 3


def month_of(day: date) -> Month:
    """The calendar month a day lies in."""
    return day.year * 12 + day.month - 1


@lru_cache
def month_end(month: Month) -> date:
    """The last day of a calendar month."""
    year, index = divmod(month, 12)
    return date(year, index + 1, monthrange(year, index + 1)[1])


@lru_cache(4096)
def plus_months(day: date, months: int) -> date:
    """`day` moved by `months` (negative: back), clipped to the month's end: 30 Nov + 3 = 28 or 29 Feb."""
    month = month_of(day) + months
    return month_end(month).replace(day=min(day.day, month_end(month).day))


@lru_cache
def last_full_month(as_of: date) -> Month:
    """The latest month whose last day is on or before `as_of`."""
    return month_of(as_of + timedelta(days=1)) - 1


@lru_cache
def full_months(as_of: date, count: int) -> range:
    """The last `count` full months, oldest first."""
    last = last_full_month(as_of)
    return range(last - count + 1, last + 1)


def full_months_since(first: date, as_of: date) -> int:
    """How many full months there are from the month of `first` on, that month included; 0 if none."""
    return max(0, last_full_month(as_of) - month_of(first) + 1)


@lru_cache
def months_window(as_of: date, months: int) -> tuple[date, date]:
    """The window (as-of − months, as-of]: the first day inside it and the last."""
    return plus_months(as_of, -months) + timedelta(days=1), as_of


def full_quarters(first: date, as_of: date) -> list[tuple[Month, Month]]:
    """The calendar quarters from that of `first` on whose last day is on or before `as_of`, as (first, last) month."""
    start = month_of(first) - month_of(first) % MONTHS_OF_A_QUARTER
    end = last_full_month(as_of) + 1
    return [
        (month, month + MONTHS_OF_A_QUARTER - 1)
        for month in range(start, end, MONTHS_OF_A_QUARTER)
        if month + MONTHS_OF_A_QUARTER <= end
    ]
