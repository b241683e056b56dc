"""Until when an open invoice can be sued for (诉讼时效).

Source: domain.md 2.2: some years, by policy 3, from the latest of its due date and what restarted it: a confirmed
statement that includes it, or a demand for payment made before it was over. Plus n years clips to the month's end:
29 Feb + 3 = 28 Feb.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from .calendar_window import plus_months
from .policy.limitation import LimitationRule
from .receivables import Item, Receivables

Cause: TypeAlias = Literal["due_date", "statement", "dunning"]


class Restart(NamedTuple):
    """What began the time anew for an invoice: on which day, and the id of the document that shows it."""

    on: date
    cause: Cause
    document: str | None = None


class Limitation(NamedTuple):
    """An open invoice, from when its time runs and why, and its last day; `days_left` is negative once it is over."""

    item: Item
    since: Restart
    last_day: date
    days_left: int


def limitations(owed: Receivables, restarts: Mapping[str, Iterable[Restart]], rule: LimitationRule) -> list[Limitation]:
    """Every open invoice, the one that ends first first; `restarts` by the id of the invoice's event, of any day."""
    found = [_limitation(item, restarts.get(item.invoice.id, ()), owed.as_of, rule) for item in owed.open_items]
    return sorted(found, key=lambda each: (each.last_day, each.item.invoice.number, each.item.invoice.id))


def warned(found: Iterable[Limitation], rule: LimitationRule) -> list[Limitation]:
    """Those whose last day is at most 90 days (by policy) away, or past."""
    return [each for each in found if each.days_left <= rule.warn_days]


def _limitation(item: Item, restarts: Iterable[Restart], as_of: date, rule: LimitationRule) -> Limitation:
    since, last_day = Restart(item.invoice.due_on, "due_date"), plus_months(item.invoice.due_on, 12 * rule.years)
    for each in sorted(restarts, key=lambda each: each.on):
        if since.on < each.on <= as_of and (each.on <= last_day or each.cause == "statement"):
            since, last_day = each, plus_months(each.on, 12 * rule.years)
    return Limitation(item, since, last_day, (last_day - as_of).days)
