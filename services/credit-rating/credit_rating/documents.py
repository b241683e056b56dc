"""Documents of the ledger as other systems hand them in, and the event that each becomes.

A document is known by (source, kind, number). A dispute and its settlement have no number of their own: theirs is the
invoice's and their date, since an invoice may be disputed again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel

from credit_rating.closed import Closed
from events import (
    CreditNoteIssued,
    DisputeSettled,
    Event,
    InvoiceDisputed,
    InvoiceIssued,
    PaymentReceived,
)
from events.decider import Refused
from events.fields import Amount, Code, Currency, Day, Days, PaymentTerms, Said
from events.types.ledger import Allocation, PaidBy

LONGEST_TERM = timedelta(days=3650)


class Reference(Closed):
    """The number under which a source system knows the dealer."""

    source: Code
    number: Code


class Document(Closed):
    """What every document says: whose it is, and how its source system calls it."""

    dealer: UUID | Reference
    source: Code
    number: Code


class Paying(Closed):
    """What a payment says it pays: up to `amount` of an invoice, or as much as is open."""

    invoice: Code
    amount: Amount | None = None


class Invoice(Document):
    """An invoice, tax included."""

    amount: Amount
    currency: Currency
    issued_on: Day
    due_on: Day
    method: PaymentTerms
    term_days: Days
    order: Code | None = None


class Payment(Document):
    """Money received."""

    amount: Amount
    currency: Currency
    received_on: Day
    method: PaidBy
    allocations: Annotated[tuple[Paying, ...], Field(max_length=200)] = ()


class CreditNote(Document):
    """Less owed, on one invoice or unapplied."""

    amount: Amount
    currency: Currency
    issued_on: Day
    invoice: Code | None = None
    reason: Said


class Dispute(Document):
    """An amount of the invoice `number` is contested."""

    amount: Amount
    disputed_on: Day
    reason: Said


class Settlement(Document):
    """The disputes of the invoice `number` are decided."""

    settled_on: Day
    outcome: Literal["upheld", "dismissed"]


class InvoiceRow(Invoice):
    """An invoice as a row of a bulk write."""

    kind: Literal["invoice"]


class PaymentRow(Payment):
    """A payment as a row of a bulk write."""

    kind: Literal["payment"]


class CreditNoteRow(CreditNote):
    """A credit note as a row of a bulk write."""

    kind: Literal["credit_note"]


class DisputeRow(Dispute):
    """A dispute as a row of a bulk write."""

    kind: Literal["dispute"]


class SettlementRow(Settlement):
    """The end of a dispute as a row of a bulk write."""

    kind: Literal["dispute_settled"]


class LedgerLine(RootModel[InvoiceRow | PaymentRow | CreditNoteRow | DisputeRow | SettlementRow]):
    """A row of `/ledger:bulk`: `kind` says which document it is."""

    model_config = ConfigDict(frozen=True)
    root: Annotated[InvoiceRow | PaymentRow | CreditNoteRow | DisputeRow | SettlementRow, Field(discriminator="kind")]


AnyDocument: TypeAlias = Invoice | Payment | CreditNote | Dispute | Settlement
Make = Callable[[Any], Event]


def identity(document: AnyDocument) -> tuple[str, str, str]:
    """(kind, source, number): what makes it one document wherever it comes from."""
    match document:
        case Invoice():
            return "invoice", document.source, document.number
        case Payment():
            return "payment", document.source, document.number
        case CreditNote():
            return "credit_note", document.source, document.number
        case Dispute():
            return "dispute", document.source, f"{document.number}@{document.disputed_on}"
        case Settlement():
            return "settlement", document.source, f"{document.number}@{document.settled_on}"


def event_of(document: AnyDocument) -> Event:
    """The event that the document becomes."""
    said = {name: value for name, value in document.__dict__.items() if name not in {"dealer", "kind"}}
    match document:
        case Invoice():
            return InvoiceIssued.model_construct(**said)
        case Payment():
            named = tuple(Allocation(invoice=each.invoice, amount=each.amount) for each in document.allocations)
            return PaymentReceived.model_construct(**(said | {"allocations": named}))
        case CreditNote():
            return CreditNoteIssued.model_construct(**said)
        case Dispute():
            return InvoiceDisputed.model_construct(**said)
        case Settlement():
            return DisputeSettled.model_construct(**said)


def require_plausible(document: AnyDocument, *, today: date, currency: str) -> None:
    """Refuse another currency, a date more than a day ahead, a due date before the invoice's or ten years after it."""
    given = getattr(document, "currency", currency)
    if given != currency:
        raise Refused("other-currency", f"The document is in {given}, this installation in {currency}.")
    if dated(document) > today + timedelta(days=1):
        raise Refused("future-date", f"{dated(document)} lies more than a day ahead of {today}: correct the date.")
    if isinstance(document, Invoice) and not timedelta() <= document.due_on - document.issued_on <= LONGEST_TERM:
        raise Refused(
            "implausible-due-date",
            f"The due date {document.due_on} lies before the invoice's, {document.issued_on}, or ten years after it.",
        )


def dated(document: AnyDocument) -> date:
    """The document's business date."""
    match document:
        case Invoice() | CreditNote():
            return document.issued_on
        case Payment():
            return document.received_on
        case Dispute():
            return document.disputed_on
        case Settlement():
            return document.settled_on
