"""What was done about what each dealer owes, step by step: reminders, promises and what became of them, tasks, legal.

`ref` is the reminder, promise or task; `dated` the business date of the step, `due_on` the day it names (of a reminder:
when the oldest invoice was due); `to` whom it went to, or who promised. Nothing here is ever changed, so any day can be
read again at any cut.
"""

from eventlog.mapping import BUSINESS_DATE, SUBJECT, Given, Members, Same
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import (
    FollowUpAssigned,
    FollowUpDone,
    HandedToLegal,
    LegalDeclined,
    LegalProposed,
    PaymentPromised,
    PromiseBroken,
    PromiseKept,
    ReminderIssued,
    TakenBackFromLegal,
)

collection_step = FactsTable(
    "collection_step",
    columns={
        "dealer": uuid,
        "kind": text,
        "ref": uuid,
        "stage": integer,
        "dated": day,
        "due_on": day,
        "amount": money,
        "to": text,
        "by": text,
        "said": text,
        "details": json,
    },
    scope="dealer",
    indexes=[("dealer", "sequence"), ("kind", "due_on"), ("ref",)],
)
DEALER: dict[str, Given] = {"dealer": SUBJECT}

collection_step.copies(
    ReminderIssued,
    **DEALER,
    kind=Same("reminder"),
    ref="reminder",
    stage="stage",
    dated="as_of",
    due_on="oldest_due_on",
    amount="amount",
    to="to",
    by="by",
    said="note",
    details=Members(("action", "channel", "dunning", "count", "invoices")),
)
collection_step.copies(
    PaymentPromised,
    **DEALER,
    kind=Same("promise"),
    ref="promise",
    dated="promised_on",
    due_on="pay_by",
    amount="amount",
    to="promised_by",
    by="by",
    said="note",
    details=Members(("invoices",)),
)
DECIDED: dict[str, Given] = {**DEALER, "ref": "promise", "dated": "decided_on", "due_on": "pay_by", "amount": "paid"}
collection_step.copies(PromiseKept, **DECIDED, kind=Same("promise_kept"))
collection_step.copies(PromiseBroken, **DECIDED, kind=Same("promise_broken"))
collection_step.copies(
    FollowUpAssigned,
    **DEALER,
    kind=Same("task"),
    ref="task",
    dated=BUSINESS_DATE,
    due_on="due_on",
    to="to",
    by="by",
    said="what",
)
collection_step.copies(
    FollowUpDone, **DEALER, kind=Same("task_done"), ref="task", dated="done_on", by="by", said="outcome"
)
collection_step.copies(
    LegalProposed, **DEALER, kind=Same("legal_proposed"), dated="proposed_on", by="by", said="reason"
)
collection_step.copies(
    LegalDeclined, **DEALER, kind=Same("legal_declined"), dated=BUSINESS_DATE, by="by", said="reason"
)
collection_step.copies(
    HandedToLegal,
    **DEALER,
    kind=Same("handed_to_legal"),
    dated="handed_on",
    by="approved_by",
    said="reason",
    details=Members(("proposed_by",)),
)
collection_step.copies(
    TakenBackFromLegal, **DEALER, kind=Same("taken_back_from_legal"), dated="on", by="by", said="reason"
)
