"""What every statement went through, as facts: issued, sent, confirmed, differing, settled, withdrawn.

`dated` is the day of the step, `party` to whom it went or who confirmed, `balance` the dealer's own or the agreed one.
`last_day` and `cut` are those of its issue.
"""

from eventlog.mapping import BUSINESS_DATE, SUBJECT, Given, Same
from eventlog.projection import FactsTable, day, json, money, text, uuid
from events import (
    StatementConfirmed,
    StatementDiffered,
    StatementIssued,
    StatementSent,
    StatementSettled,
    StatementWithdrawn,
)

statement_step = FactsTable(
    "statement_step",
    columns={
        "dealer": uuid,
        "statement": uuid,
        "step": text,
        "dated": day,
        "by": text,
        "party": text,
        "how": text,
        "said": text,
        "balance": money,
        "difference": money,
        "signed_copy": text,
        "last_day": day,
        "cut": json,
    },
    scope="dealer",
    indexes=[("statement", "sequence"), ("dealer", "step")],
)
STEP: dict[str, Given] = {"dealer": SUBJECT, "statement": "statement"}
DONE: dict[str, Given] = {**STEP, "by": "by"}

statement_step.copies(
    StatementIssued,
    **STEP,
    step=Same("issued"),
    dated=BUSINESS_DATE,
    by="issued_by",
    party="addressed_to",
    balance="closing_balance",
    last_day="last_day",
    cut="cut",
)
statement_step.copies(StatementSent, **DONE, step=Same("sent"), dated="sent_on", party="to", how="how")
statement_step.copies(
    StatementConfirmed,
    **DONE,
    step=Same("confirmed"),
    dated="confirmed_on",
    party="confirmed_by",
    signed_copy="signed_copy",
)
statement_step.copies(
    StatementDiffered,
    **DONE,
    step=Same("differing"),
    dated="differed_on",
    said="reason",
    balance="their_balance",
    difference="difference",
)
statement_step.copies(
    StatementSettled, **DONE, step=Same("settled"), dated="settled_on", said="reason", balance="agreed_balance"
)
statement_step.copies(StatementWithdrawn, **DONE, step=Same("withdrawn"), dated="withdrawn_on", said="reason")
