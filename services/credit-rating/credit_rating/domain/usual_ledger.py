"""A ledger of invoices, payments and credit notes without anything unusual, measured in whole cents: for many at once.

Days are ordinals (`date.toordinal`). It measures what `measures.ByRule` does, and `test_usual_ledgers.py` holds it to
that. Unusual is what only the rule places: bills, bounces, write-offs, disputes, entries taken back, payments that name
several invoices, parts of a cent, a number that two invoices bear, and a credit note of the day of a payment: without
these, credits of one day are alike, and which of them comes first changes nothing (`credit_rating.usual_ledgers`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter
from typing import TypeAlias

from .calendar_window import Month, month_of
from .measures import InvoicedOnTerms
from .money import EXACT
from .payment_record import PaymentRecord

AT_ONCE, NEVER = -1, 10**6
"""Days of credit of an invoice prepaid or paid in cash, and of one on terms that no policy takes for short credit."""


Sold: TypeAlias = tuple[int, int, str, int, int]
"""An invoice: due, issued, number, cents, days of credit by its terms. So sorted, the oldest are paid first.

A plain tuple, as is `Credited`: one with names takes as long to make as to measure.
"""
Credited: TypeAlias = tuple[int, int, bool, str | None, int | None]
"""A payment or credit note: day, cents, whether a note, the one invoice it may name, for at most so many cents."""


class Outcome:
    """How one invoice was paid: cents on time, late cents × days, the most days late, cents credited and open."""

    __slots__ = ("cents", "credited", "due", "issued", "late", "on_time", "open", "worst")

    def __init__(self, sold: Sold) -> None:
        self.due, self.issued, _, self.cents, _ = sold
        self.open = self.cents
        self.on_time = self.late = self.worst = self.credited = 0

    def settle(self, on: int, at_most: int, *, note: bool) -> int:
        """Settle what can be, return how much; money from before its invoice settles it on the invoice's date."""
        cents = self.open if self.open < at_most else at_most
        self.open -= cents
        if note:
            self.credited += cents
        elif cents:
            days = (on if on > self.issued else self.issued) - self.due
            if days <= 0:
                self.on_time += cents
            else:
                self.late += cents * days
                if days > self.worst:
                    self.worst = days
        return cents


class UsualLedger:
    """`Measures` of such a ledger at the end of a day; nothing in it is later."""

    def __init__(self, invoices: Iterable[Sold], credits: Iterable[Credited], as_of: date) -> None:
        self._invoices, self._credits = sorted(invoices), sorted(credits, key=itemgetter(0))
        self._notes = [(on, cents) for on, cents, note, _, _ in self._credits if note]
        self._as_of = as_of.toordinal()
        first = min([issued for _, issued, _, _, _ in self._invoices], default=None)
        self.first_invoice_on = None if first is None else date.fromordinal(first)
        self._paid = self._allocated()
        self._by_month = self._net()

    def _allocated(self) -> list[Outcome]:
        """The allocation of 2.2: what credits name, then what is left of them to the oldest invoices."""
        outcomes = [Outcome(sold) for sold in self._invoices]
        named = {sold[2]: outcome for sold, outcome in zip(self._invoices, outcomes, strict=True)}
        left = []
        for on, cents, note, number, most in self._credits:
            free = cents
            if number is not None:
                at_most = free if most is None else min(free, most)
                invoice = named.get(number)
                free -= at_most if invoice is None else invoice.settle(on, at_most, note=note)
            if free:
                left.append((on, note, free))
        oldest = iter(outcomes)
        outcome = next(oldest, None)
        for on, note, free in left:
            while free and outcome is not None:
                free -= outcome.settle(on, free, note=note)
                if not outcome.open:
                    outcome = next(oldest, None)
        return outcomes

    def _net(self) -> dict[Month, int]:
        """Cents invoiced less credit notes, by month."""
        net: dict[Month, int] = {}
        for _, issued, _, cents, _ in self._invoices:
            month = _month(issued)
            net[month] = net.get(month, 0) + cents
        for day, cents in self._notes:
            month = _month(day)
            net[month] = net.get(month, 0) - cents
        return net

    @property
    def invoices(self) -> list[tuple[int, int, int, int]]:
        """Of every invoice when it is due, when it was issued, its cents, and those open; the oldest first."""
        return [(paid.due, paid.issued, paid.cents, paid.open) for paid in self._paid]

    @property
    def credited(self) -> int:
        """Cents of all payments and credit notes."""
        return sum([cents for _, cents, _, _, _ in self._credits])

    @property
    def has_traded(self) -> bool:
        """See `Measures`."""
        return bool(self._by_month)

    @property
    def anything_due(self) -> bool:
        """See `Measures`: the invoice due first comes first."""
        return bool(self._invoices) and self._invoices[0][0] <= self._as_of

    def in_months(self, months: Iterable[Month]) -> Decimal:
        """See `Measures`."""
        net = self._by_month
        return _money(sum([net[month] for month in months if month in net]))

    def between(self, first: date, last: date) -> Decimal:
        """See `Measures`."""
        start, end = first.toordinal(), last.toordinal()
        sold = sum([cents for _, issued, _, cents, _ in self._invoices if start <= issued <= end])
        return _money(sold - sum([cents for day, cents in self._notes if start <= day <= end]))

    def terms_agreed(self, months: range, credit_days: int) -> InvoicedOnTerms:
        """See `Measures`."""
        total = at_once = short = 0
        for _, issued, _, cents, days in self._invoices:
            if _month(issued) in months:
                total += cents
                if days <= credit_days:
                    short += cents
                    if days == AT_ONCE:
                        at_once += cents
        return InvoicedOnTerms(_money(total), _money(at_once), _money(short))

    def record_since(self, first: date) -> tuple[PaymentRecord, bool]:
        """See `Measures`."""
        start, as_of = first.toordinal(), self._as_of
        invoices, value, on_time, late, worst, anything = 0, 0, 0, 0, 0, False
        for paid in self._paid:
            due, still_open = paid.due, paid.open
            if due > as_of:
                break
            if due < start and not still_open:
                continue
            anything = True
            worth = paid.cents - paid.credited
            invoices += worth > 0
            value += worth
            on_time += paid.on_time
            late += paid.late
            worst = max(worst, paid.worst)
            if still_open:
                late += still_open * (as_of - due)
                worst = max(worst, as_of - due)
        return PaymentRecord(invoices, _money(value), _money(on_time), _money(late), worst), anything

    def all_on_time(self, first: Month, last: Month) -> bool:
        """See `Measures`."""
        due = [paid for paid in self._paid if first <= _month(paid.due) <= last]
        judged = [paid for paid in due if paid.cents > paid.credited]
        return bool(judged) and all(paid.on_time == paid.cents - paid.credited for paid in judged)


@lru_cache(8192)
def _month(day: int) -> Month:
    return month_of(date.fromordinal(day))


def _money(cents: int) -> Decimal:
    return EXACT.scaleb(cents, -2)
