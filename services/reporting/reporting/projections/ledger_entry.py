"""The ledger as facts: every document and every correction, so that any date at any cut can be read again.

`origin` is the source system (`source` is the log's own column); `dated` the document's business date; `invoice` the
invoice that a credit note names; `reversed` the event that a reversal takes back.
"""

from typing import Any

from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import (
    CreditNoteIssued,
    DisputeSettled,
    InvoiceDisputed,
    InvoiceIssued,
    LedgerEntryReversed,
    PaymentReceived,
)

ledger_entry = FactsTable(
    "ledger_entry",
    columns={
        "dealer": uuid,
        "kind": text,
        "origin": text,
        "number": text,
        "amount": money,
        "dated": day,
        "due_on": day,
        "method": text,
        "term_days": integer,
        "order_number": text,
        "invoice": text,
        "allocations": json,
        "outcome": text,
        "reason": text,
        "reversed": uuid,
    },
    scope="dealer",
    indexes=[("dealer", "dated"), ("reversed",)],
)


def _document(kind: str, e: Any) -> dict[str, Any]:
    return {
        "dealer": e.subject,
        "kind": kind,
        "origin": e.data.source,
        "number": e.data.number,
    }


@ledger_entry.on(
    InvoiceIssued, uses=("source", "number", "amount", "issued_on", "due_on", "method", "term_days", "order")
)
def invoiced(e: Any) -> dict[str, Any]:
    """Money owed."""
    return _document("invoice", e) | {
        "amount": e.data.amount,
        "dated": e.data.issued_on,
        "due_on": e.data.due_on,
        "method": e.data.method,
        "term_days": e.data.term_days,
        "order_number": e.data.order,
    }


@ledger_entry.on(PaymentReceived, uses=("source", "number", "amount", "received_on", "method", "allocations"))
def paid(e: Any) -> dict[str, Any]:
    """Money received, with what it says it pays."""
    named = [{"invoice": each.invoice, "amount": each.amount} for each in e.data.allocations]
    return _document("payment", e) | {
        "amount": e.data.amount,
        "dated": e.data.received_on,
        "method": e.data.method,
        "allocations": named,
    }


@ledger_entry.on(CreditNoteIssued, uses=("source", "number", "amount", "issued_on", "invoice", "reason"))
def credited(e: Any) -> dict[str, Any]:
    """Less owed."""
    return _document("credit_note", e) | {
        "amount": e.data.amount,
        "dated": e.data.issued_on,
        "invoice": e.data.invoice,
        "reason": e.data.reason,
    }


@ledger_entry.on(InvoiceDisputed, uses=("source", "number", "amount", "disputed_on", "reason"))
def disputed(e: Any) -> dict[str, Any]:
    """An amount of the invoice `number` is contested."""
    return _document("dispute", e) | {
        "amount": e.data.amount,
        "dated": e.data.disputed_on,
        "reason": e.data.reason,
    }


@ledger_entry.on(DisputeSettled, uses=("source", "number", "settled_on", "outcome"))
def settled(e: Any) -> dict[str, Any]:
    """The disputes of the invoice `number` are decided."""
    return _document("settlement", e) | {"dated": e.data.settled_on, "outcome": e.data.outcome}


@ledger_entry.on(LedgerEntryReversed, uses=("entry", "source", "number", "reason"))
def taken_back(e: Any) -> dict[str, Any]:
    """An entry was never so."""
    return _document("reversal", e) | {"reversed": e.data.entry, "reason": e.data.reason}
