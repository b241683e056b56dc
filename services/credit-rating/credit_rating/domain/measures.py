"""What indicators and limits measure of a dealer's ledger as of one day, whatever the policy: asked with windows only.

`by_rule` is the rule; `usual_ledger` answers the same for ledgers without anything unusual, for many dealers at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from .calendar_window import Month, month_of
from .entries import Invoice, LedgerEntry
from .ledger import BillTerms, ledger_at
from .money import NOTHING
from .net_invoiced import NetInvoiced, net_invoiced
from .payment_record import PaymentRecord, due_or_overdue, payment_record, portions
from .receivables import Item, Receivables, allocated

AT_ONCE: Final = ("prepaid", "cash")


class InvoicedOnTerms(NamedTuple):
    """Invoice value of some months by the terms agreed; `short`: with credit within so many days."""

    total: Decimal
    at_once: Decimal
    short: Decimal


class Measures(Protocol):
    """Figures of one ledger at the end of a day, tax included."""

    @property
    def has_traded(self) -> bool:
        """Whether anything was ever invoiced or credited."""

    @property
    def first_invoice_on(self) -> date | None:
        """The date of the dealer's first invoice."""

    @property
    def anything_due(self) -> bool:
        """Whether any invoice ever fell due."""

    def in_months(self, months: Iterable[Month]) -> Decimal:
        """Net invoiced in these calendar months."""

    def between(self, first: date, last: date) -> Decimal:
        """Net invoiced from `first` to `last`, both included."""

    def terms_agreed(self, months: range, credit_days: int) -> InvoicedOnTerms:
        """What was invoiced in these months, and how much of it at once or on credit of at most so many days."""

    def record_since(self, first: date) -> tuple[PaymentRecord, bool]:
        """How was paid what fell due since `first` and what is overdue from before; whether there was anything."""

    def all_on_time(self, first: Month, last: Month) -> bool:
        """Whether something fell due in these months, and all of it was paid in full by its due date.

        What is open is not paid, in dispute or not; what was paid in time is, though it be contested.
        """


class ByRule:
    """A ledger measured by the rule of 2.2, which the service's every other way of measuring is held to."""

    def __init__(self, entries: Iterable[LedgerEntry], as_of: date) -> None:
        self._as_of = as_of
        self._ledger = ledger_at(entries, as_of)
        self.first_invoice_on = self._ledger.first_invoice_on

    @cached_property
    def _owed(self) -> Receivables:
        return allocated(self._ledger)

    @cached_property
    def _net(self) -> NetInvoiced:
        return net_invoiced(self._ledger)

    @cached_property
    def _due_by_month(self) -> dict[Month, list[Item]]:
        found: dict[Month, list[Item]] = {}
        for item in self._owed.items:
            found.setdefault(month_of(item.invoice.due_on), []).append(item)
        return found

    @property
    def has_traded(self) -> bool:
        """See `Measures`."""
        return bool(self._net.documents)

    @property
    def anything_due(self) -> bool:
        """See `Measures`."""
        return any(invoice.due_on <= self._as_of for invoice in self._ledger.invoices)

    def in_months(self, months: Iterable[Month]) -> Decimal:
        """See `Measures`."""
        return self._net.in_months(months)

    def between(self, first: date, last: date) -> Decimal:
        """See `Measures`."""
        return self._net.between(first, last)

    def terms_agreed(self, months: range, credit_days: int) -> InvoicedOnTerms:
        """See `Measures`. What a bill settled counts by the bill: a bank's is credit until it matures, a company's not.

        A bank acceptance still awaited is credit until the invoice is due.
        """
        invoices = [invoice for invoice in self._ledger.invoices if month_of(invoice.issued_on) in months]
        total = sum([invoice.amount for invoice in invoices], NOTHING)
        at_once = sum([i.amount for i in invoices if i.method in AT_ONCE], NOTHING)
        short = at_once + sum([i.amount for i in invoices if _credit_within(i, credit_days)], NOTHING)
        for invoice, amount, bill in self._settled_by_bills():
            if month_of(invoice.issued_on) in months:
                at_once -= amount if invoice.method in AT_ONCE else NOTHING
                short -= amount if invoice.method in AT_ONCE or _credit_within(invoice, credit_days) else NOTHING
                if bill.method == "bank_acceptance" and (bill.matures_on - invoice.issued_on).days <= credit_days:
                    short += amount
        return InvoicedOnTerms(total, at_once, short)

    def _settled_by_bills(self) -> Iterable[tuple[Invoice, Decimal, BillTerms]]:
        """Invoices with what a bill settled of them, a row a settlement."""
        if all(credit.bill is None for credit in self._ledger.credits):
            return ()
        return [(i.invoice, s.amount, s.bill) for i in self._owed.items for s in i.settlements if s.bill]

    def record_since(self, first: date) -> tuple[PaymentRecord, bool]:
        """See `Measures`."""
        due = due_or_overdue(self._owed, first)
        return payment_record(due, self._as_of), bool(due)

    def all_on_time(self, first: Month, last: Month) -> bool:
        """See `Measures`."""
        due = [item for month in range(first, last + 1) for item in self._due_by_month.get(month, [])]
        judged = [portion for item in due for portion in portions(item, self._as_of)]
        return bool(judged) and all(portion.on_time for portion in judged) and all(item.open == 0 for item in due)


def _credit_within(invoice: Invoice, days: int) -> bool:
    match invoice.method:
        case "credit":
            return invoice.term_days <= days
        case "bank_acceptance":
            return (invoice.due_on - invoice.issued_on).days <= days
        case _:
            return False
