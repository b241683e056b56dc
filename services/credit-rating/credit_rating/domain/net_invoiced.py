"""Net invoiced: invoices less credit notes, by the date of each document, tax included.

Source: domain.md 2.3 (monthly sales, annual scale) and 2.7 (m3, m12, season).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from .calendar_window import Month, month_of
from .ledger import Ledger
from .money import NOTHING


class NetInvoiced(msgspec.Struct, frozen=True):
    """What was invoiced and credited, as (date, signed amount) and by calendar month."""

    documents: list[tuple[date, Decimal]]
    by_month: dict[Month, Decimal]

    def in_months(self, months: Iterable[Month]) -> Decimal:
        """Net invoiced in these calendar months."""
        return sum([self.by_month[month] for month in months if month in self.by_month], NOTHING)

    def between(self, first: date, last: date) -> Decimal:
        """Net invoiced from `first` to `last`, both included."""
        return sum([amount for on, amount in self.documents if first <= on <= last], NOTHING)


def net_invoiced(ledger: Ledger) -> NetInvoiced:
    """The net invoiced amounts of a ledger."""
    documents = [(invoice.issued_on, invoice.amount) for invoice in ledger.invoices]
    documents += [(credit.on, -credit.amount) for credit in ledger.credits if credit.kind == "credit_note"]
    by_month: dict[Month, Decimal] = {}
    for on, amount in documents:
        month = month_of(on)
        by_month[month] = by_month.get(month, NOTHING) + amount
    return NetInvoiced(documents, by_month)
