"""Documents of the ledger as other systems hand them in, and the event that each becomes.

A document is known by (source, kind, number). A dispute and its settlement have no number of their own: theirs is the
invoice's and their date, since an invoice may be disputed again. A bounce has its payment's number and a dishonour its
bill's: money comes back once, and what is presented again is another document.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import Field, model_validator

from credit_rating.closed import Closed
from events import (
    BillDishonoured,
    BillReceived,
    CreditNoteIssued,
    DisputeSettled,
    Event,
    InvoiceDisputed,
    InvoiceIssued,
    PaymentBounced,
    PaymentReceived,
    ReceivableWrittenOff,
    WrittenOffRecovered,
)
from events.decider import Refused
from events.fields import Amount, Code, Currency, Day, Days, PaymentTerms, Said
from events.types.ledger import Acceptance, Allocation, PaidBy, Purpose

LONGEST_TERM = timedelta(days=3650)
LONGEST_BILL = timedelta(days=366)
"""Bills of exchange run for half a year at most, older ones for a year."""


class Reference(Closed):
    """The number under which a source system knows the dealer."""

    source: Code
    number: Code


class Document(Closed):
    """What every document says: whose it is, and how its source system calls it.

    `KIND` is its kind in the ledger, `EVENT` what it becomes, `DATED` the field that dates it; `REPEATS` where the
    number alone does not name it.
    """

    KIND: ClassVar[str]
    EVENT: ClassVar[type[Event]]
    DATED: ClassVar[str]
    REPEATS: ClassVar[bool] = False

    dealer: UUID | Reference
    source: Code
    number: Code


class Paying(Closed):
    """What a payment says it pays: up to `amount` of an invoice, or as much as is open."""

    invoice: Code
    amount: Amount | None = None


Allocations = Annotated[tuple[Paying, ...], Field(max_length=200)]


class Invoice(Document):
    """An invoice, tax included."""

    KIND, EVENT, DATED = "invoice", InvoiceIssued, "issued_on"

    amount: Amount
    currency: Currency
    issued_on: Day
    due_on: Day
    method: PaymentTerms
    term_days: Days
    order: Code | None = None


class Payment(Document):
    """Money received."""

    KIND, EVENT, DATED = "payment", PaymentReceived, "received_on"

    amount: Amount
    currency: Currency
    received_on: Day
    method: PaidBy
    allocations: Allocations = ()


class Bounce(Document):
    """The payment `number` of that source came back, all of it."""

    KIND, EVENT, DATED = "bounce", PaymentBounced, "bounced_on"

    bounced_on: Day
    reason: Said


class Bill(Document):
    """An acceptance bill that the dealer gave: it settles at once and is money when it matures."""

    KIND, EVENT, DATED = "bill", BillReceived, "received_on"

    amount: Amount
    currency: Currency
    received_on: Day
    matures_on: Day
    method: Acceptance
    allocations: Allocations = ()


class Dishonour(Document):
    """The bill `number` of that source was not honoured."""

    KIND, EVENT, DATED = "dishonour", BillDishonoured, "dishonoured_on"

    dishonoured_on: Day
    reason: Said


class CreditNote(Document):
    """Less owed, on one invoice or unapplied; a promotion claim that it settles is named."""

    KIND, EVENT, DATED = "credit_note", CreditNoteIssued, "issued_on"

    amount: Amount
    currency: Currency
    issued_on: Day
    invoice: Code | None = None
    reason: Said
    purpose: Purpose | None = None
    claim: Code | None = None

    @model_validator(mode="after")
    def _claim_of_a_promotion(self) -> CreditNote:
        if (self.purpose == "promotion_claim") != (self.claim is not None):
            raise ValueError("a credit note of purpose promotion_claim names its claim, and no other does")
        return self


class WriteOff(Document):
    """An amount of one invoice is given up, approved by somebody entitled."""

    KIND, EVENT, DATED = "write_off", ReceivableWrittenOff, "written_off_on"

    invoice: Code
    amount: Amount
    currency: Currency
    written_off_on: Day
    reason: Said
    approved_by: Code


class Recovery(Document):
    """Money for what had been written off."""

    KIND, EVENT, DATED = "recovery", WrittenOffRecovered, "recovered_on"

    invoice: Code | None = None
    amount: Amount
    currency: Currency
    recovered_on: Day
    method: PaidBy


class Dispute(Document):
    """An amount of the invoice `number` is contested."""

    KIND, EVENT, DATED, REPEATS = "dispute", InvoiceDisputed, "disputed_on", True

    amount: Amount
    disputed_on: Day
    reason: Said


class Settlement(Document):
    """The disputes of the invoice `number` are decided."""

    KIND, EVENT, DATED, REPEATS = "settlement", DisputeSettled, "settled_on", True

    settled_on: Day
    outcome: Literal["upheld", "dismissed"]


AnyDocument: TypeAlias = (
    Invoice | Payment | Bounce | Bill | Dishonour | CreditNote | WriteOff | Recovery | Dispute | Settlement
)


def identity(document: AnyDocument) -> tuple[str, str, str]:
    """(kind, source, number): what makes it one document wherever it comes from."""
    number = f"{document.number}@{dated(document)}" if document.REPEATS else document.number
    return document.KIND, document.source, number


def event_of(document: AnyDocument) -> Event:
    """The event that the document becomes."""
    said = {name: value for name, value in document.__dict__.items() if name not in {"dealer", "kind"}}
    if isinstance(document, Payment | Bill):
        said["allocations"] = tuple(Allocation(invoice=n.invoice, amount=n.amount) for n in document.allocations)
    return document.EVENT.model_construct(**said)


def require_plausible(document: AnyDocument, *, today: date, currency: str) -> None:
    """Refuse another currency, a date more than a day ahead, and what falls due before it was given or much later."""
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
    if isinstance(document, Bill) and not timedelta() <= document.matures_on - document.received_on <= LONGEST_BILL:
        raise Refused(
            "implausible-due-date",
            f"The bill matures on {document.matures_on}: before it was received, or more than a year after that.",
        )


def dated(document: AnyDocument) -> date:
    """The document's business date."""
    day: date = getattr(document, document.DATED)
    return day
