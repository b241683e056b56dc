"""Rows of a service's table `ledger_entry` as the entries that rules read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from rules.entries import (
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

COLUMNS = """kind, event, origin, number, amount, dated, due_on, method, term_days, order_number, invoice, allocations,
    outcome, reversed, allocates"""
"""Of the table, in the order of a `Row`."""


class Row(msgspec.Struct, array_like=True, gc=False):
    """An entry as the table holds it; ids are text."""

    kind: str
    event: str
    origin: str
    number: str
    amount: Decimal | None
    dated: date | None
    due_on: date | None
    method: str | None
    term_days: int | None
    order: str | None
    invoice: str | None
    allocations: tuple[Allocation, ...] | None
    outcome: str | None
    reversed: str | None
    allocates: str | None


read_rows = msgspec.json.Decoder(list[Row]).decode
"""Rows out of a JSON array of arrays of `COLUMNS`."""


def by_dealer(records: Iterable[Mapping[str, Any]]) -> dict[UUID, list[LedgerEntry]]:
    """Records of a query as entries, dealer by dealer."""
    found: dict[UUID, list[LedgerEntry]] = {}
    for record in records:
        found.setdefault(record["dealer"], []).append(entry_of(_row(record)))
    return found


def _row(record: Mapping[str, Any]) -> Row:
    named = json.loads(record["allocations"] or "[]")
    return Row(
        kind=record["kind"],
        event=str(record["event"]),
        origin=record["origin"],
        number=record["number"],
        amount=record["amount"],
        dated=record["dated"],
        due_on=record["due_on"],
        method=record["method"],
        term_days=record["term_days"],
        order=record["order_number"],
        invoice=record["invoice"],
        allocations=msgspec.convert(named, tuple[Allocation, ...], strict=False),
        outcome=record["outcome"],
        reversed=None if record["reversed"] is None else str(record["reversed"]),
        allocates=None if record["allocates"] is None else str(record["allocates"]),
    )


def entry_of(row: Any) -> LedgerEntry:
    """The entry that a `Row` stands for."""
    named: dict[str, Any] = {"id": row.event, "source": row.origin, "number": row.number}
    match row.kind:
        case "invoice":
            return Invoice(
                **named, amount=row.amount, issued_on=row.dated, due_on=row.due_on, method=row.method,
                term_days=row.term_days, order=row.order,
            )  # fmt: skip
        case "payment":
            return Payment(**named, amount=row.amount, received_on=row.dated, allocations=row.allocations or ())
        case "bill":
            return Bill(
                **named, amount=row.amount, received_on=row.dated, matures_on=row.due_on, method=row.method,
                allocations=row.allocations or (),
            )  # fmt: skip
        case "bounce":
            return Bounce(**named, of="payment", bounced_on=row.dated)
        case "dishonour":
            return Bounce(**named, of="bill", bounced_on=row.dated)
        case "credit_note":
            return CreditNote(**named, amount=row.amount, issued_on=row.dated, invoice=row.invoice)
        case "allocation":
            return LaterAllocation(
                **named, entry=row.allocates, allocated_on=row.dated, allocations=row.allocations or ()
            )
        case "write_off":
            return WriteOff(**named, amount=row.amount, written_off_on=row.dated, invoice=row.invoice)
        case "recovery":
            return Recovery(**named, amount=row.amount, recovered_on=row.dated, invoice=row.invoice)
        case "dispute":
            return Dispute(**named, amount=row.amount, disputed_on=row.dated)
        case "settlement":
            return DisputeOutcome(**named, settled_on=row.dated, outcome=row.outcome)
        case "reversal":
            return Reversal(**named, entry=row.reversed)
        case kind:
            raise ValueError(f"the ledger knows no {kind}")
