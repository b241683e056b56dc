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
        "control": "edited",
        "delegation": "edited",
        "export": "edited",
        "security": "edited",
        "diligence": "edited",
        "follow-up": "edited",
        "assessment": "edited",
        "collection": "edited",
        "period": "edited",
        "statements": "edited",
        "group": "edited",
    },
)

PaidBy = Literal["cash", "transfer", "cheque", "card", "bank_acceptance", "commercial_acceptance", "other"]
Acceptance = Literal["bank_acceptance", "commercial_acceptance"]
Purpose = Literal["return", "price_adjustment", "dispute", "promotion_claim", "other"]
"""What a credit note is for; a promotion claim is settled by one (domain.md 2.1)."""
EntryKind = Literal[
    "invoice", "payment", "credit_note", "dispute", "settlement",
    "bounce", "bill", "dishonour", "write_off", "recovery",
]  # fmt: skip
"""Documents as source systems bring them."""
ReversedKind = Literal[EntryKind, "allocation"]
"""What can be taken back: those, and what was said here about them."""


class Allocation(Part):
    """The invoice that a payment names, and how much of it; null = as much as is open (domain.md 2.2)."""

    invoice: Code
    amount: Amount | None = None


Allocations = Annotated[tuple[Allocation, ...], Field(max_length=200)]


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
    allocations: Allocations = ()


class PaymentBounced(Event, owner="credit-rating", stream="ledger"):
    """The payment `number` came back: from `bounced_on` on it pays nothing, what it paid is open (domain.md 2.2)."""

    source: Code
    number: Code
    bounced_on: date
    reason: Said


class BillReceived(Event, owner="credit-rating", stream="ledger"):
    """The dealer gave an acceptance bill: it settles as a payment does, and stays in exposure until it matures."""

    source: Code
    number: Code
    amount: Amount
    currency: Currency
    received_on: date
    matures_on: date
    method: Acceptance
    allocations: Allocations = ()


class BillDishonoured(Event, owner="credit-rating", stream="ledger"):
    """The bill `number` was not honoured: from `dishonoured_on` on it settles nothing, as a payment that bounced."""

    source: Code
    number: Code
    dishonoured_on: date
    reason: Said


class CreditNoteIssued(Event, owner="credit-rating", stream="ledger", version=2):
    """We credited the dealer, against one invoice or unapplied; `claim` is the promotion claim that it settles."""

    source: Code
    number: Code
    amount: Amount
    currency: Currency
    issued_on: date
    invoice: Code | None = None
    reason: Said
    purpose: Purpose | None = None
    claim: Code | None = None


class AllocatedTo(Part):
    """An invoice that money was allocated to, and how much of it."""

    invoice: Code
    amount: Amount


class PaymentAllocated(Event, owner="credit-rating", stream="ledger"):
    """Money that named no invoice, or another, pays these from `allocated_on` on (domain.md 2.2).

    `entry` is the event of the payment, bill or credit note, `kind`, `source` and `number` what it is known by.
    """

    entry: Id
    kind: Literal["payment", "bill", "credit_note"]
    source: Code
    number: Code
    allocations: Annotated[tuple[AllocatedTo, ...], Field(min_length=1, max_length=200)]
    allocated_on: date
    reason: Said
    by: Code


class ReceivableWrittenOff(Event, owner="credit-rating", stream="ledger"):
    """We gave up an amount of an invoice: no longer owed, never paid (domain.md 2.1)."""

    source: Code
    number: Code
    invoice: Code
    amount: Amount
    currency: Currency
    written_off_on: date
    reason: Said
    approved_by: Code


class WrittenOffRecovered(Event, owner="credit-rating", stream="ledger"):
    """Money came for what had been written off; it pays no other invoice."""

    source: Code
    number: Code
    invoice: Code | None = None
    amount: Amount
    currency: Currency
    recovered_on: date
    method: PaidBy


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


class LedgerEntryReversed(Event, owner="credit-rating", stream="ledger", version=3):
    """An entry was taken back by a new event, never by an edit; `entry` is the reversed event's id."""

    entry: Id
    kind: ReversedKind
    source: Code
    number: Code
    reason: Said
