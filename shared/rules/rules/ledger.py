"""A dealer's ledger at the end of a day: what was reversed or bounced gone, later entries not yet there, in order.

Source: domain.md 2.2: only facts dated on or before the as-of date; credits by (business date, document number),
invoices by (due date, invoice date, document number). Source and id break the ties, so that the order of arrival
never matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec

from rules.entries import (
    Acceptance,
    Allocation,
    Bill,
    Bounce,
    CreditNote,
    Dispute,
    DisputeOutcome,
    Invoice,
    LaterAllocation,
    LedgerEntry,
    Payment,
    Recovery,
    Reversal,
    WriteOff,
)

CreditKind: TypeAlias = Literal["payment", "bill", "credit_note", "write_off"]
PAID: Final = frozenset({"payment", "bill"})
"""Kinds of credit by which a dealer pays; the others lower what it owes."""


class BillTerms(msgspec.Struct, frozen=True):
    """Who accepted a bill, a bank or a company, and when it falls due."""

    method: Acceptance
    matures_on: date


class Credit(msgspec.Struct, frozen=True):
    """What lowers a balance: a payment, bill, credit note or write-off, with the invoices it names.

    What was allocated of it later comes first in `allocations`, the latest before all.
    """

    on: date
    number: str
    source: str
    kind: CreditKind
    id: str
    amount: Decimal
    allocations: tuple[Allocation, ...]
    bill: BillTerms | None = None


class Ledger(msgspec.Struct, frozen=True):
    """The entries that count at `as_of`, each list in the order in which it is worked through."""

    as_of: date
    invoices: list[Invoice]
    credits: list[Credit]
    disputes: list[Dispute]
    outcomes: list[DisputeOutcome]
    write_offs: list[Credit]
    recoveries: list[Recovery]
    came_back: list[tuple[Credit, Bounce]]
    """What bounced, in no order: it counts no more."""

    @property
    def first_invoice_on(self) -> date | None:
        """The date of the dealer's first invoice."""
        return min((invoice.issued_on for invoice in self.invoices), default=None)


def ledger_at(entries: Iterable[LedgerEntry], as_of: date) -> Ledger:
    """The ledger at the end of `as_of`."""
    entries = list(entries)
    reversed_ids = {entry.entry for entry in entries if type(entry) is Reversal}
    bounced = _bounced(entry for entry in entries if type(entry) is Bounce and entry.id not in reversed_ids)
    later = _later(
        e for e in entries if type(e) is LaterAllocation and e.allocated_on <= as_of and e.id not in reversed_ids
    )
    ledger = Ledger(as_of, [], [], [], [], [], [], [])
    for entry in entries:
        if entry.id not in reversed_ids:
            _enter(ledger, entry, bounced, later)
    ledger.invoices.sort(key=lambda i: (i.due_on, i.issued_on, i.number, i.source, i.id))
    ledger.credits.sort(key=lambda c: (c.on, c.number, c.source, c.kind, c.id))
    ledger.write_offs.sort(key=lambda c: (c.on, c.number, c.source, c.kind, c.id))
    ledger.recoveries.sort(key=lambda r: (r.recovered_on, r.number, r.source, r.id))
    ledger.disputes.sort(key=lambda d: (d.disputed_on, d.number, d.source, d.id))
    ledger.outcomes.sort(key=lambda o: (o.settled_on, o.number, o.source, o.id))
    return ledger


def _bounced(bounces: Iterable[Bounce]) -> dict[tuple[str, str, str], Bounce]:
    """By kind, source and number of what came back: the first that says so."""
    found: dict[tuple[str, str, str], Bounce] = {}
    for bounce in sorted(bounces, key=lambda b: (b.bounced_on, b.id), reverse=True):
        found[bounce.of, bounce.source, bounce.number] = bounce
    return found


def _later(allocated: Iterable[LaterAllocation]) -> dict[str, tuple[Allocation, ...]]:
    """By id of a credit, what was allocated of it later: the latest word first."""
    found: dict[str, tuple[Allocation, ...]] = {}
    for each in sorted(allocated, key=lambda a: (a.allocated_on, a.id)):
        found[each.entry] = each.allocations + found.get(each.entry, ())
    return found


def _enter(
    ledger: Ledger,
    entry: LedgerEntry,
    bounced: Mapping[tuple[str, str, str], Bounce],
    later: Mapping[str, tuple[Allocation, ...]],
) -> None:
    as_of = ledger.as_of
    match entry:
        case Invoice() if entry.issued_on <= as_of:
            ledger.invoices.append(entry)
        case Payment() if entry.received_on <= as_of:
            named = later.get(entry.id, ()) + entry.allocations
            credit = Credit(entry.received_on, entry.number, entry.source, "payment", entry.id, entry.amount, named)
            _receive(ledger, credit, bounced)
        case Bill() if entry.received_on <= as_of:
            terms, named = BillTerms(entry.method, entry.matures_on), later.get(entry.id, ()) + entry.allocations
            bill = Credit(entry.received_on, entry.number, entry.source, "bill", entry.id, entry.amount, named, terms)
            _receive(ledger, bill, bounced)
        case CreditNote() if entry.issued_on <= as_of:
            own = (Allocation(entry.invoice),) if entry.invoice is not None else ()
            named = later.get(entry.id, ()) + own
            ledger.credits.append(
                Credit(entry.issued_on, entry.number, entry.source, "credit_note", entry.id, entry.amount, named)
            )
        case WriteOff() if entry.written_off_on <= as_of:
            named = (Allocation(entry.invoice, entry.amount),)
            ledger.write_offs.append(
                Credit(entry.written_off_on, entry.number, entry.source, "write_off", entry.id, entry.amount, named)
            )
        case Recovery() if entry.recovered_on <= as_of:
            ledger.recoveries.append(entry)
        case Dispute() if entry.disputed_on <= as_of:
            ledger.disputes.append(entry)
        case DisputeOutcome() if entry.settled_on <= as_of:
            ledger.outcomes.append(entry)
        case _:
            pass


def _receive(ledger: Ledger, credit: Credit, bounced: Mapping[tuple[str, str, str], Bounce]) -> None:
    bounce = bounced.get((credit.kind, credit.source, credit.number)) if bounced else None
    if bounce is None or bounce.bounced_on > ledger.as_of:
        ledger.credits.append(credit)
    else:
        ledger.came_back.append((credit, bounce))
