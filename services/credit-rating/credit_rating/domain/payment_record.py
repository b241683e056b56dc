"""How a dealer paid what fell due: share on time by value, days late, the worst of them.

Source: domain.md 2.2 and 2.3. An invoice is worth its amount less credit notes; paid early counts as 0 days late;
what is open is late by as-of − due date, and what was written off stays so, for it was never paid; what is in dispute
is left out, the latest part of the invoice first. Bills pay from the day they are received; what bounced pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from .ledger import PAID
from .money import NOTHING, share
from .receivables import NOT_DISPUTED, Item, Receivables


class Portion(NamedTuple):
    """A part of an invoice's value: settled, or never paid so far, so many days after the due date."""

    days_late: int
    open: bool
    amount: Decimal

    @property
    def on_time(self) -> bool:
        """Paid on or before the due date."""
        return not self.open and self.days_late == 0


class PaymentRecord(NamedTuple):
    """The invoices judged: their value, what of it was paid by its due date, and how late the rest is."""

    invoices: int
    value: Decimal
    paid_on_time: Decimal
    days_late_by_value: Decimal
    """Σ days late × amount."""
    worst_days_late: int

    @property
    def on_time_share(self) -> Fraction | None:
        """Value paid by its due date ÷ value."""
        return share(self.paid_on_time, self.value)

    @property
    def average_days_late(self) -> Fraction | None:
        """Days late, weighted by value."""
        return share(self.days_late_by_value, self.value)


def due_or_overdue(receivables: Receivables, first: date) -> list[Item]:
    """Invoices that fell due from `first` to the as-of date, and older ones overdue or written off.

    An older one of which only what is in dispute is open is not overdue.
    """
    return [
        item
        for item in receivables.items
        if item.invoice.due_on <= receivables.as_of
        and (item.invoice.due_on >= first or item.open > item.disputed.open or item.written_off > 0)
    ]


def payment_record(items: Iterable[Item], as_of: date) -> PaymentRecord:
    """The record over these invoices, none of them due after `as_of`."""
    judged = [portions(item, as_of) for item in items]
    parts = [portion for each in judged for portion in each]
    late = [p for p in parts if p.days_late]
    return PaymentRecord(
        invoices=len([each for each in judged if each]),
        value=sum([p.amount for p in parts], NOTHING),
        paid_on_time=sum([p.amount for p in parts if p.on_time], NOTHING),
        days_late_by_value=sum([p.amount * p.days_late for p in late], NOTHING),
        worst_days_late=max([p.days_late for p in late], default=0),
    )


def portions(item: Item, as_of: date) -> list[Portion]:
    """The parts of an invoice that are judged, the latest first; empty if all of it is credited or in dispute."""
    due_on, disputed, never = item.invoice.due_on, item.disputed, item.open + item.written_off
    parts = [Portion((as_of - due_on).days, True, never)] if never > 0 else []
    parts += [
        Portion(max(0, (s.on - due_on).days), False, s.amount) for s in reversed(item.settlements) if s.kind in PAID
    ]
    if disputed is NOT_DISPUTED:
        return parts
    since = item.credited_since(disputed.upheld_since)
    return _without(disputed.left_out(value=item.invoice.amount - item.credited, credited=since), parts)


def _without(left_out: Decimal, parts: list[Portion]) -> list[Portion]:
    judged = []
    for part in parts:
        taken = min(left_out, part.amount)
        left_out -= taken
        if part.amount > taken:
            judged.append(part._replace(amount=part.amount - taken))
    return judged
