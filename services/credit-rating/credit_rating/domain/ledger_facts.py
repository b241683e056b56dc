"""From events of the ledger and the registry to the facts that rules read: one entry an event."""

from __future__ import annotations

from events import (
    CreditNoteIssued,
    DisputeSettled,
    Event,
    InvoiceDisputed,
    InvoiceIssued,
    LedgerEntryReversed,
    PaymentReceived,
    SurveyAnswered,
)

from .entries import Allocation, CreditNote, Dispute, DisputeOutcome, Invoice, LedgerEntry, Payment, Reversal
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
            named = tuple(Allocation(each.invoice, each.amount) for each in e.allocations)
            return Payment(
                id=id, source=e.source, number=e.number, amount=e.amount, received_on=e.received_on, allocations=named
            )
        case CreditNoteIssued() as e:
            return CreditNote(
                id=id, source=e.source, number=e.number, amount=e.amount, issued_on=e.issued_on, invoice=e.invoice
            )
        case InvoiceDisputed() as e:
            return Dispute(id=id, source=e.source, number=e.number, amount=e.amount, disputed_on=e.disputed_on)
        case DisputeSettled() as e:
            return DisputeOutcome(id=id, source=e.source, number=e.number, settled_on=e.settled_on, outcome=e.outcome)
        case LedgerEntryReversed() as e:
            return Reversal(id=id, source=e.source, number=e.number, entry=e.entry)
        case _:
            return None


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
