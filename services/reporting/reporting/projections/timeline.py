"""The timeline of every dealer: a row an event, with what its title needs (domain.md 4, dealer 360).

Sale lines are not copied here: the page joins `sale_line`, which holds a row an event already. An entry leads to its
document by (source, partition, sequence). `dated` is the business date the event speaks of, else that of its writing.
"""

from eventlog.mapping import ACTOR, BUSINESS_DATE, SUBJECT, TYPE, Members
from eventlog.projection import FactsTable, day, json, text, uuid
from events import (
    AbcClassAssigned,
    BasicCardRevised,
    CreditFileOpened,
    CreditGradeApproved,
    CreditGradeAssigned,
    CreditGradeAudited,
    CreditGradeProposed,
    CreditGradeReturned,
    CreditLimitOverridden,
    CreditLimitOverrideEnded,
    CreditLimitSet,
    CreditNoteIssued,
    CreditReviewEscalated,
    CreditReviewOpened,
    CreditReviewRejected,
    CreditWatchEnded,
    CreditWatchStarted,
    DealerOnboarded,
    DealerReinstated,
    DealerRejected,
    DealerReturned,
    DealerReviewed,
    DealerSubmitted,
    DealerSuspended,
    DisputeSettled,
    GradeWithheld,
    InvoiceDisputed,
    InvoiceIssued,
    LedgerEntryReversed,
    OrderCancelled,
    OrderHeld,
    OrderHoldReleased,
    OrderPlaced,
    OrderReleased,
    PaymentReceived,
    ReservationReturned,
    ReservationUsed,
    StatementConfirmed,
    StatementDiffered,
    StatementIssued,
    StatementSent,
    StatementSettled,
    StatementWithdrawn,
    SurveyAnswered,
    VisitLogged,
)
from events.catalogue import Event

timeline = FactsTable(
    "timeline",
    columns={"dealer": uuid, "type": text, "dated": day, "actor": text, "data": json},
    scope="dealer",
    indexes=[("dealer", "dated")],
)

TOLD: list[tuple[type[Event], str | None, tuple[str, ...]]] = [
    (DealerSubmitted, None, ("name", "territory", "submitted_by")),
    (DealerReviewed, None, ("by", "comment")),
    (DealerReturned, None, ("by", "reason")),
    (DealerRejected, None, ("by", "reason")),
    (DealerOnboarded, "onboarded_on", ("code", "name", "territory", "approved_by")),
    (DealerSuspended, "on", ("reason", "by")),
    (DealerReinstated, "on", ("reason", "by")),
    (BasicCardRevised, None, ("changed", "by")),
    (SurveyAnswered, "surveyed_on", ("by",)),
    (VisitLogged, "visited_on", ("method", "place", "representative")),
    (InvoiceIssued, "issued_on", ("number", "amount", "due_on")),
    (PaymentReceived, "received_on", ("number", "amount", "method")),
    (CreditNoteIssued, "issued_on", ("number", "amount", "reason")),
    (InvoiceDisputed, "disputed_on", ("number", "amount", "reason")),
    (DisputeSettled, "settled_on", ("number", "outcome")),
    (LedgerEntryReversed, None, ("kind", "number", "reason")),
    (OrderPlaced, "ordered_on", ("number", "amount")),
    (OrderReleased, None, ("number", "amount")),
    (OrderHeld, None, ("number", "amount")),
    (OrderHoldReleased, None, ("number", "amount", "reason", "by")),
    (OrderCancelled, None, ("number", "reason")),
    (ReservationUsed, None, ("order", "invoice", "amount")),
    (ReservationReturned, None, ("order", "invoice", "amount")),
    (CreditFileOpened, "opened_on", ("review_due",)),
    (CreditReviewOpened, "opened_on", ("review_due", "reason")),
    (CreditGradeProposed, "as_of", ("grade", "previous_grade", "rule", "opinion", "proposed_by")),
    (CreditGradeAudited, None, ("by", "acting_for", "opinion")),
    (CreditGradeApproved, None, ("by", "acting_for", "opinion")),
    (CreditGradeReturned, None, ("by", "acting_for", "reason")),
    (CreditReviewRejected, None, ("by", "acting_for", "reason")),
    (CreditReviewEscalated, "escalated_on", ("review_due",)),
    (CreditWatchStarted, "as_of", ("fallen",)),
    (CreditWatchEnded, "as_of", ()),
    (CreditGradeAssigned, "as_of", ("grade", "previous_grade", "rule")),
    (CreditLimitSet, "as_of", ("limit", "basis")),
    (CreditLimitOverridden, "first_day", ("limit", "last_day", "reason", "by")),
    (CreditLimitOverrideEnded, "ended_on", ("reason", "by")),
    (GradeWithheld, "as_of", ("reason",)),
    (StatementIssued, None, ("purpose", "last_day", "closing_balance")),
    (StatementSent, "sent_on", ("how", "to", "by")),
    (StatementConfirmed, "confirmed_on", ("confirmed_by", "by")),
    (StatementDiffered, "differed_on", ("their_balance", "difference", "reason", "by")),
    (StatementSettled, "settled_on", ("agreed_balance", "reason", "by")),
    (StatementWithdrawn, "withdrawn_on", ("reason", "by")),
    (AbcClassAssigned, "window_to", ("abc", "rank", "population")),
]
"""Event type, the field that dates it (None: its business date), and the fields its entry shows."""


for _event, _dated, _fields in TOLD:
    timeline.copies(
        _event, dealer=SUBJECT, type=TYPE, dated=_dated or BUSINESS_DATE, actor=ACTOR, data=Members(_fields)
    )
