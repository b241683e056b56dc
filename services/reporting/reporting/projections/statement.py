"""Statements of account and audit letters as they were issued, and every step of each, as facts.

A step's `dated` is its day, `party` to whom it went or who confirmed, `balance` the dealer's own or the agreed one.
"""

from eventlog.mapping import SUBJECT, Given, Same, named
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import (
    StatementConfirmed,
    StatementDiffered,
    StatementIssued,
    StatementSent,
    StatementSettled,
    StatementWithdrawn,
)

ISSUED = (
    "statement",
    "purpose",
    "addressed_to",
    "first_day",
    "last_day",
    "currency",
    "opening_balance",
    "closing_balance",
    "lines",
    "digest",
    "ageing",
    "cut",
    "issued_by",
)

statement = FactsTable(
    "statement",
    columns={
        "dealer": uuid,
        "statement": uuid,
        "purpose": text,
        "addressed_to": text,
        "first_day": day,
        "last_day": day,
        "currency": text,
        "opening_balance": money,
        "closing_balance": money,
        "lines": integer,
        "digest": text,
        "ageing": json,
        "cut": json,
        "issued_by": text,
    },
    scope="dealer",
    indexes=[("dealer", "last_day"), ("statement",)],
)
statement.copies(StatementIssued, dealer=SUBJECT, **named(ISSUED))

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
        "signed_copy": text,
    },
    scope="dealer",
    indexes=[("statement", "sequence")],
)
STEP: dict[str, Given] = {"dealer": SUBJECT, "statement": "statement", "by": "by"}

statement_step.copies(StatementSent, **STEP, step=Same("sent"), dated="sent_on", party="to", how="how")
statement_step.copies(
    StatementConfirmed,
    **STEP,
    step=Same("confirmed"),
    dated="confirmed_on",
    party="confirmed_by",
    signed_copy="signed_copy",
)
statement_step.copies(
    StatementDiffered, **STEP, step=Same("differing"), dated="differed_on", said="reason", balance="their_balance"
)
statement_step.copies(
    StatementSettled, **STEP, step=Same("settled"), dated="settled_on", said="reason", balance="agreed_balance"
)
statement_step.copies(StatementWithdrawn, **STEP, step=Same("withdrawn"), dated="withdrawn_on", said="reason")
