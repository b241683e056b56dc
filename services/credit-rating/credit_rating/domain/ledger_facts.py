"""From events of the ledger and the registry to the facts that rules read: one entry an event."""

from __future__ import annotations

from events import (
    BillDishonoured,
    BillReceived,
    CreditNoteIssued,
    DisputeSettled,
    Event,
    InvoiceDisputed,
    InvoiceIssued,
    LedgerEntryReversed,
    PaymentAllocated,
    PaymentBounced,
    PaymentReceived,
    ReceivableWrittenOff,
    SurveyAnswered,
    WrittenOffRecovered,
)

from .entries import (
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
from .facts import Survey


def entry_of(event: Event, id: str) -> LedgerEntry | None:
    """The ledger entry that an event with this id stands for; None for an event of another kind."""
    match event:
        case InvoiceIssued() as e:
            return Invoice(
                id=id, source=e.source, number=e.number, amount=e.amount, issued_on=e.issued_on, due_on=e.due_on,
                method=e.method, term_days=e.term_days, order=e.order,
            )  # fmt: skip
        case PaymentReceived() as e:
            return Payment(
                id=id, source=e.source, number=e.number, amount=e.amount, received_on=e.received_on,
                allocations=_named(e),
            )  # fmt: skip
        case PaymentBounced() as e:
            return Bounce(id=id, source=e.source, number=e.number, of="payment", bounced_on=e.bounced_on)
        case BillReceived() as e:
            return Bill(
                id=id, source=e.source, number=e.number, amount=e.amount, received_on=e.received_on,
                matures_on=e.matures_on, method=e.method, allocations=_named(e),
            )  # fmt: skip
        case BillDishonoured() as e:
            return Bounce(id=id, source=e.source, number=e.number, of="bill", bounced_on=e.dishonoured_on)
        case CreditNoteIssued() as e:
            return CreditNote(
                id=id, source=e.source, number=e.number, amount=e.amount, issued_on=e.issued_on, invoice=e.invoice
            )
        case PaymentAllocated() as e:
            named = tuple(Allocation(each.invoice, each.amount) for each in e.allocations)
            return LaterAllocation(
                id=id, source=e.source, number=e.number, entry=e.entry, allocated_on=e.allocated_on, allocations=named
            )
        case ReceivableWrittenOff() as e:
            return WriteOff(
                id=id, source=e.source, number=e.number, amount=e.amount, written_off_on=e.written_off_on,
                invoice=e.invoice,
            )  # fmt: skip
        case WrittenOffRecovered() as e:
            return Recovery(
                id=id, source=e.source, number=e.number, amount=e.amount, recovered_on=e.recovered_on, invoice=e.invoice
            )
        case InvoiceDisputed() as e:
            return Dispute(id=id, source=e.source, number=e.number, amount=e.amount, disputed_on=e.disputed_on)
        case DisputeSettled() as e:
            return DisputeOutcome(id=id, source=e.source, number=e.number, settled_on=e.settled_on, outcome=e.outcome)
        case LedgerEntryReversed() as e:
            return Reversal(id=id, source=e.source, number=e.number, entry=e.entry)
        case _:
            return None


def _named(event: PaymentReceived | BillReceived) -> tuple[Allocation, ...]:
    return tuple(Allocation(each.invoice, each.amount) for each in event.allocations)


def survey_of(event: SurveyAnswered) -> Survey:
    """The part of a survey that indicators read."""
    return Survey(
        surveyed_on=event.surveyed_on,
        annual_turnover=event.annual_turnover,
        nature=event.nature,
        licences=event.licences,
        premises=event.premises,
        founded_on=event.founded_on,
    )
