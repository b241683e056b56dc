"""The 24 months of the sample network, and the small steps in time it takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from dealerlog.sample.tables import table

FIRST_DAY = date(2024, 7, 1)
LAST_DAY = date(2026, 6, 30)
MONTHS = 24


@dataclass(frozen=True, slots=True)
class Month:
    """The `index`-th month of the network, 0 … 23."""

    index: int
    year: int
    number: int

    def day(self, day: int) -> date:
        """That day of the month."""
        return date(self.year, self.number, day)

    @property
    def compact(self) -> str:
        """As document numbers carry it: 2407."""
        return f"{self.year % 100:02d}{self.number:02d}"


def months() -> tuple[Month, ...]:
    """July 2024 … June 2026."""
    start = FIRST_DAY.year * 12 + FIRST_DAY.month - 1
    return tuple(Month(i, (start + i) // 12, (start + i) % 12 + 1) for i in range(MONTHS))


def working(day: date) -> date:
    """The day itself, or the first after a weekend or public holiday; weekends worked in exchange stay free here."""
    while day.weekday() > 4 or any(first <= day <= last for first, last in holidays()):
        day += timedelta(days=1)
    return day


@cache
def holidays() -> tuple[tuple[date, date], ...]:
    """Public holidays of the People's Republic within the network's months, first and last day of each."""
    return tuple((first, last) for first, last in table("holidays")["closed"])


def later(day: date, days: int) -> date:
    """So many days later, moved off a weekend."""
    return working(day + timedelta(days=days))
