"""Months as their first days, and how a reader writes them: 2026-03, or any day of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reporting.i18n import N_
from reporting.reading.standpoint import read_day
from reporting.reading.wrong import Wrong

MOST_MONTHS = 36


def read_month(said: str | None, name: str) -> date | None:
    """The first day of the month that was said; None where nothing was."""
    day = read_day(f"{said}-01" if said and len(said) == 7 else said, name)
    return None if day is None else day.replace(day=1)


def moved(month: date, months: int) -> date:
    """The month that many months later, or earlier."""
    year, place = divmod(month.year * 12 + month.month - 1 + months, 12)
    return date(year, place + 1, 1)


def between(first: date, last: date) -> Iterator[date]:
    """Every month from the first to the last."""
    while first <= last:
        yield first
        first = moved(first, 1)


def read_range(said_from: str | None, said_to: str | None, today: date) -> tuple[date, date]:
    """The months of a report: by default the last full month."""
    last = read_month(said_to, "to")
    first = read_month(said_from, "from")
    default = moved(today.replace(day=1), -1)
    first, last = first or last or default, last or first or default
    if last < first:
        raise Wrong(
            "invalid",
            N_("The report ends in %(last)s, before it begins in %(first)s: swap the two."),
            last=f"{last:%Y-%m}",
            first=f"{first:%Y-%m}",
        )
    if len(list(between(first, last))) > MOST_MONTHS:
        raise Wrong(
            "invalid", N_("A report spans at most %(most)s months: choose a later first month."), most=MOST_MONTHS
        )
    return first, last
