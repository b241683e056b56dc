"""A dealer's ledger at the end of a day: reversed entries gone, later ones not yet there, the rest in order.

Source: domain.md 2.2: only facts dated on or before the as-of date; credits by (business date, document number),
invoices by (due date, invoice date, document number). Source and id break the ties, so that the order of arrival
never matters.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from rules.entries import Allocation, CreditNote, Dispute, DisputeOutcome, Invoice, LedgerEntry, Payment, Reversal

CreditKind: TypeAlias = Literal["payment", "credit_note"]


class Credit(msgspec.Struct, frozen=True):
    """What lowers a balance: a payment or a credit note, with the invoices it names."""

    on: date
    number: str
    source: str
    kind: CreditKind
    id: str
    amount: Decimal
    allocations: tuple[Allocation, ...]


class Ledger(msgspec.Struct, frozen=True):
    """The entries that count at `as_of`, each list in the order in which it is worked through."""

    as_of: date
    invoices: list[Invoice]
    credits: list[Credit]
    disputes: list[Dispute]
    outcomes: list[DisputeOutcome]

    @property
    def first_invoice_on(self) -> date | None:
        """The date of the dealer's first invoice."""
        return min((invoice.issued_on for invoice in self.invoices), default=None)


def ledger_at(entries: Iterable[LedgerEntry], as_of: date) -> Ledger:
    """The ledger at the end of `as_of`."""
    entries = list(entries)
    reversed_ids = {entry.entry for entry in entries if isinstance(entry, Reversal)}
    ledger = Ledger(as_of, [], [], [], [])
    for entry in entries:
        if entry.id not in reversed_ids:
            _enter(ledger, entry)
    ledger.invoices.sort(key=lambda i: (i.due_on, i.issued_on, i.number, i.source, i.id))
    ledger.credits.sort(key=lambda c: (c.on, c.number, c.source, c.kind, c.id))
    ledger.disputes.sort(key=lambda d: (d.disputed_on, d.number, d.source, d.id))
    ledger.outcomes.sort(key=lambda o: (o.settled_on, o.number, o.source, o.id))
    return ledger


def _enter(ledger: Ledger, entry: LedgerEntry) -> None:
    as_of = ledger.as_of
    match entry:
        case Invoice() if entry.issued_on <= as_of:
            ledger.invoices.append(entry)
        case Payment() if entry.received_on <= as_of:
            ledger.credits.append(
                Credit(
                    entry.received_on, entry.number, entry.source, "payment", entry.id, entry.amount, entry.allocations
                )
            )
        case CreditNote() if entry.issued_on <= as_of:
            named = (Allocation(entry.invoice),) if entry.invoice is not None else ()
            ledger.credits.append(
                Credit(entry.issued_on, entry.number, entry.source, "credit_note", entry.id, entry.amount, named)
            )
        case Dispute() if entry.disputed_on <= as_of:
            ledger.disputes.append(entry)
        case DisputeOutcome() if entry.settled_on <= as_of:
            ledger.outcomes.append(entry)
        case _:
            pass
