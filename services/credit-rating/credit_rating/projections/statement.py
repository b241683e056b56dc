"""Statements of account and audit letters: what each said when it was issued, and where it stands now.

`on` and `said` are those of its last step; what it went through step by step is in `statement_step`.
"""

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, json, money, text, uuid
from events import (
    StatementConfirmed,
    StatementDiffered,
    StatementIssued,
    StatementSent,
    StatementSettled,
    StatementWithdrawn,
)

ISSUED = (
    "purpose",
    "addressed_to",
    "first_day",
    "last_day",
    "currency",
    "opening_balance",
    "closing_balance",
    "lines",
    "totals",
    "digest",
    "ageing",
    "policy",
    "cut",
    "issued_by",
)

statement = StateTable(
    "statement",
    key={"dealer": uuid, "statement": uuid},
    columns={
        "event": uuid,
        "purpose": text,
        "addressed_to": text,
        "first_day": day,
        "last_day": day,
        "currency": text,
        "opening_balance": money,
        "closing_balance": money,
        "lines": integer,
        "totals": json,
        "digest": text,
        "ageing": json,
        "policy": json,
        "cut": json,
        "issued_by": text,
        "stage": text,
        "stage_on": day,
        "said": text,
        "their_balance": money,
        "signed_copy": text,
    },
    scope="dealer",
    indexes=[("dealer", "last_day"), ("stage", "last_day"), ("statement",)],
)


@statement.on(StatementIssued, uses=ISSUED, sets=("event", *ISSUED, "stage", "stage_on"))
def issued(e: Any) -> Patch:
    """It says what it says for ever."""
    about = {name: getattr(e.data, name) for name in ISSUED}
    return Patch(
        key=(e.subject, e.data.statement),
        set={"event": e.id, "stage": "issued", "stage_on": e.businessdate, **about},
    )


@statement.on(StatementSent, uses=("statement", "sent_on"))
def sent(e: Any) -> Patch:
    """The dealer has it."""
    return Patch(key=(e.subject, e.data.statement), set={"stage": "sent", "stage_on": e.data.sent_on})


@statement.on(StatementConfirmed, uses=("statement", "confirmed_on", "signed_copy"))
def confirmed(e: Any) -> Patch:
    """The dealer agrees."""
    data = e.data
    return Patch(
        key=(e.subject, data.statement),
        set={"stage": "confirmed", "stage_on": data.confirmed_on, "signed_copy": data.signed_copy},
    )


@statement.on(StatementDiffered, uses=("statement", "differed_on", "their_balance", "reason"))
def differed(e: Any) -> Patch:
    """The dealer has another balance."""
    data = e.data
    return Patch(
        key=(e.subject, data.statement),
        set={
            "stage": "differing",
            "stage_on": data.differed_on,
            "their_balance": data.their_balance,
            "said": data.reason,
        },
    )


@statement.on(StatementSettled, uses=("statement", "settled_on", "reason"))
def settled(e: Any) -> Patch:
    """The difference is cleared up."""
    data = e.data
    return Patch(
        key=(e.subject, data.statement), set={"stage": "settled", "stage_on": data.settled_on, "said": data.reason}
    )


@statement.on(StatementWithdrawn, uses=("statement", "withdrawn_on", "reason"))
def withdrawn(e: Any) -> Patch:
    """It counts no more."""
    data = e.data
    return Patch(
        key=(e.subject, data.statement), set={"stage": "withdrawn", "stage_on": data.withdrawn_on, "said": data.reason}
    )
