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
from operator import attrgetter
from typing import NamedTuple

from .calendar_window import Month, month_of
from .measures import InvoicedOnTerms
from .money import EXACT
from .payment_record import PaymentRecord

AT_ONCE, NEVER = -1, 10**6
"""Days of credit of an invoice prepaid or paid in cash, and of one on terms that no policy takes for short credit."""


class Sold(NamedTuple):
    """An invoice, in the order in which the oldest are paid; `credit_days` by its terms."""

    due: int
    issued: int
    number: str
    cents: int
    credit_days: int


class Credited(NamedTuple):
    """A payment or credit note; it may name one invoice, for at most so many cents."""

    on: int
    cents: int
    note: bool
    invoice: str | None
    at_most: int | None


class Outcome:
    """How one invoice was paid: cents on time, late cents × days, the most days late, cents credited and open."""

    __slots__ = ("cents", "credited", "due", "issued", "late", "on_time", "open", "worst")

    def __init__(self, sold: Sold) -> None:
        self.due, self.issued, _, self.cents, _ = sold
        self.open = self.cents
        self.on_time = self.late = self.worst = self.credited = 0

    def settle(self, by: Credited, at_most: int) -> int:
        """Settle what can be, return how much; money from before its invoice settles it on the invoice's date."""
        cents = self.open if self.open < at_most else at_most
        self.open -= cents
        if by.note:
            self.credited += cents
        elif cents:
            days = max(by.on, self.issued) - self.due
            if days <= 0:
                self.on_time += cents
            else:
                self.late += cents * days
                self.worst = max(self.worst, days)
        return cents


class UsualLedger:
    """`Measures` of such a ledger at the end of a day; nothing in it is later."""

    def __init__(self, invoices: Iterable[Sold], credits: Iterable[Credited], as_of: date) -> None:
        self._invoices, self._credits = sorted(invoices), sorted(credits, key=attrgetter("on"))
        self._notes = [(credit.on, credit.cents) for credit in self._credits if credit.note]
        self._as_of = as_of.toordinal()
        first = min([sold.issued for sold in self._invoices], default=None)
        self.first_invoice_on = None if first is None else date.fromordinal(first)
        self._paid = self._allocated()
        self._by_month = self._net()

    def _allocated(self) -> list[Outcome]:
        """The allocation of 2.2: what credits name, then what is left of them to the oldest invoices."""
        outcomes = [Outcome(sold) for sold in self._invoices]
        named = {sold.number: outcome for sold, outcome in zip(self._invoices, outcomes, strict=True)}
        left = []
        for credit in self._credits:
            free = credit.cents
            if credit.invoice is not None:
                at_most = free if credit.at_most is None else min(free, credit.at_most)
                invoice = named.get(credit.invoice)
                free -= at_most if invoice is None else invoice.settle(credit, at_most)
            if free:
                left.append((credit, free))
        oldest = iter(outcomes)
        outcome = next(oldest, None)
        for credit, free in left:
            while free and outcome is not None:
                free -= outcome.settle(credit, free)
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
    def invoices(self) -> list[tuple[Sold, int]]:
        """Every invoice with what is open of it, the oldest first."""
        return [(sold, outcome.open) for sold, outcome in zip(self._invoices, self._paid, strict=True)]

    @property
    def credited(self) -> int:
        """Cents of all payments and credit notes."""
        return sum([credit.cents for credit in self._credits])

    @property
    def has_traded(self) -> bool:
        """See `Measures`."""
        return bool(self._by_month)

    @property
    def anything_due(self) -> bool:
        """See `Measures`: the invoice due first comes first."""
        return bool(self._invoices) and self._invoices[0].due <= self._as_of

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
    return Decimal(cents).scaleb(-2, context=EXACT)
