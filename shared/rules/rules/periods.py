"""The periods in which visits are planned: half-months (1–15, 16–end), months and quarters of the calendar.

Source: domain.md 3.6.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Literal, NamedTuple, TypeAlias

Cadence: TypeAlias = Literal["half_month", "month", "quarter"]
MIDDLE_DAY = 15


class Period(NamedTuple):
    """From the first day to the last, both inside; periods of one cadence follow each other without a gap."""

    first: date
    last: date


def period_of(cadence: Cadence, day: date) -> Period:
    """The period of that cadence which `day` lies in."""
    match cadence:
        case "half_month" if day.day <= MIDDLE_DAY:
            return Period(day.replace(day=1), day.replace(day=MIDDLE_DAY))
        case "half_month":
            return Period(day.replace(day=MIDDLE_DAY + 1), month_end(day))
        case "month":
            return Period(day.replace(day=1), month_end(day))
        case "quarter":
            opening = day.month - (day.month - 1) % 3
            return Period(date(day.year, opening, 1), month_end(date(day.year, opening + 2, 1)))


def period_after(cadence: Cadence, day: date) -> Period:
    """The period that begins next after the one which `day` lies in."""
    return period_of(cadence, period_of(cadence, day).last + timedelta(days=1))


def periods(cadence: Cadence, *, after: date, until: date) -> Iterator[Period]:
    """The periods that begin after the one of `after` and on or before `until`, oldest first."""
    period = period_after(cadence, after)
    while period.first <= until:
        yield period
        period = period_after(cadence, period.first)


def month_end(day: date) -> date:
    """The last day of the month that `day` lies in."""
    return day.replace(day=monthrange(day.year, day.month)[1])
