"""credit-rating's streams and its facts: ledger documents, each accepted once by source and number (domain.md 2.1)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part, streams
from events.fields import Amount, Currency, Days, Id, PaymentTerms
from events.recorded import Code, Said

STREAMS = streams(
    "credit-rating",
    {
        "ledger": "facts",
        "orders": "edited",
        "credit": "edited",
        "run": "edited",
        "policy": "edited",
        "import": "edited",
        "delegation": "edited",
        "statements": "edited",
    },
)

PaidBy = Literal["cash", "transfer", "cheque", "card", "bank_acceptance", "commercial_acceptance", "other"]
EntryKind = Literal["invoice", "payment", "credit_note", "dispute", "settlement"]


class Allocation(Part):
    """The invoice that a payment names, and how much of it; null = as much as is open (domain.md 2.2)."""

    invoice: Code
    amount: Amount | None = None


class InvoiceIssued(Event, owner="credit-rating", stream="ledger"):
    """We invoiced the dealer, tax included; due dates do not roll (domain.md 0)."""

    source: Code
    number: Code
    amount: Amount
    currency: Currency
    issued_on: date
    due_on: date
    method: PaymentTerms
    term_days: Days
    order: Code | None = None


class PaymentReceived(Event, owner="credit-rating", stream="ledger"):
    """The dealer paid: first the invoices it names, the rest oldest first (domain.md 2.2)."""

    source: Code
    number: Code
    amount: Amount
    currency: Currency
    received_on: date
    method: PaidBy
    allocations: Annotated[tuple[Allocation, ...], Field(max_length=200)] = ()


class CreditNoteIssued(Event, owner="credit-rating", stream="ledger"):
    """We credited the dealer, against one invoice or unapplied."""

    source: Code
    number: Code
    amount: Amount
    currency: Currency
    issued_on: date
    invoice: Code | None = None
    reason: Said


class InvoiceDisputed(Event, owner="credit-rating", stream="ledger"):
    """The dealer disputes an amount of invoice `number`; open disputes do not count against it (domain.md 2.3)."""

    source: Code
    number: Code
    amount: Amount
    disputed_on: date
    reason: Said


class DisputeSettled(Event, owner="credit-rating", stream="ledger"):
    """The dispute of invoice `number` ended; a dismissed one counts again."""

    source: Code
    number: Code
    settled_on: date
    outcome: Literal["upheld", "dismissed"]


class LedgerEntryReversed(Event, owner="credit-rating", stream="ledger"):
    """An entry was taken back by a new event, never by an edit; `entry` is the reversed event's id."""

    entry: Id
    kind: EntryKind
    source: Code
    number: Code
    reason: Said
