"""Statements of account of one dealer: issued, sent, confirmed or differing, settled, withdrawn (domain.md 2.2).

A month is stated once; an audit confirmation letter, as often as an auditor asks. Only what is not done with is held
here: a statement that is confirmed, settled or withdrawn is over, and of more than 60 the oldest lapses, since every
later one holds what it said in its opening balance.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, NoReturn, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events import (
    Event,
    StatementConfirmed,
    StatementDiffered,
    StatementIssued,
    StatementSent,
    StatementSettled,
    StatementWithdrawn,
)
from events.decider import Decider, Refused
from events.types.statement import SentBy

MOST_OPEN, MOST_MONTHS = 60, 240
Stage: TypeAlias = Literal["issued", "sent", "differing"]
NEXT_STEP: dict[Stage, str] = {
    "issued": "send it to the dealer first",
    "sent": "it waits for the dealer to confirm it or to name a difference",
    "differing": "settle the difference, or record that the dealer confirmed it after all",
}


class Command(BaseModel):
    """What is asked of a dealer's statements."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class IssueStatement(Command):
    """By hand or by the clock: what `statement_drawing.drawn_up` gave."""

    issued: StatementIssued
    today: date


class _Step(Command):
    statement: str
    on: date
    by: str
    today: date


class SendStatement(_Step):
    """It went out, perhaps again."""

    how: SentBy
    to: str


class ConfirmStatement(_Step):
    """The dealer agrees."""

    confirmed_by: str
    signed_copy: str | None = None


class DifferStatement(_Step):
    """The dealer has another balance."""

    their_balance: Decimal
    reason: str


class SettleStatement(_Step):
    """The difference is cleared up."""

    agreed_balance: Decimal
    reason: str


class WithdrawStatement(_Step):
    """It was wrong, or is to be made anew."""

    reason: str


Step: TypeAlias = SendStatement | ConfirmStatement | DifferStatement | SettleStatement | WithdrawStatement
StatementCommand: TypeAlias = IssueStatement | Step


class Open(msgspec.Struct, frozen=True):
    """A statement that is not done with; `since` is the day of its last step."""

    monthly: bool
    last_day: date
    closing_balance: Decimal
    since: date
    stage: Stage = "issued"


class Statements(msgspec.Struct, frozen=True):
    """The months that are stated, by last day, ascending, at most 20 years of them; and what is not done with."""

    stated: tuple[date, ...] = ()
    open: dict[str, Open] = {}


def decide(state: Statements, command: StatementCommand) -> list[Event]:
    """What happens on a command.

    Refused: statement-issued, period-not-over, statement-not-open, statement-stage, no-difference, dates-implausible.
    """
    match command:
        case IssueStatement(issued=issued, today=today):
            _may_be_issued(state, issued, today)
            return [issued]
        case _:
            return [_step(_open(state, command.statement), command)]


def require_in_order(first_day: date, last_day: date) -> None:
    """Refuse days that cannot be drawn up: dates-implausible."""
    if first_day > last_day:
        raise Refused("dates-implausible", f"The first day, {first_day}, lies after the last, {last_day}.")


def _may_be_issued(state: Statements, issued: StatementIssued, today: date) -> None:
    last_day = issued.last_day
    require_in_order(issued.first_day, last_day)
    if last_day >= today:
        raise Refused("period-not-over", f"A statement ends before today: {last_day} is not over.")
    if issued.purpose == "monthly" and (last_day in state.stated or _beyond_memory(state, last_day)):
        raise Refused("statement-issued", f"The month to {last_day} is stated: withdraw that statement first.")


def _beyond_memory(state: Statements, last_day: date) -> bool:
    return len(state.stated) == MOST_MONTHS and last_day < state.stated[0]


def _open(state: Statements, statement: str) -> Open:
    found = state.open.get(statement)
    if found is None:
        raise Refused(
            "statement-not-open", "There is no such statement, or it is confirmed, settled, withdrawn or lapsed."
        )
    return found


def _step(found: Open, command: Step) -> Event:
    if not found.since <= command.on <= command.today:
        raise Refused("dates-implausible", f"Name a day from {found.since} to today.")
    common: dict[str, Any] = {"statement": command.statement, "by": command.by}
    match command, found.stage:
        case SendStatement(), "issued" | "sent":
            return StatementSent(**common, sent_on=command.on, how=command.how, to=command.to)
        case ConfirmStatement(), "sent" | "differing":
            return StatementConfirmed(
                **common, confirmed_on=command.on, confirmed_by=command.confirmed_by, signed_copy=command.signed_copy
            )
        case DifferStatement(their_balance=theirs), "sent" | "differing":
            difference = found.closing_balance - theirs
            if not difference:
                raise Refused("no-difference", "Their balance is ours: record that the dealer confirmed it.")
            return StatementDiffered(
                **common, differed_on=command.on, their_balance=theirs, difference=difference, reason=command.reason
            )
        case SettleStatement(agreed_balance=agreed), "differing":
            return StatementSettled(**common, settled_on=command.on, agreed_balance=agreed, reason=command.reason)
        case WithdrawStatement(), _:
            return StatementWithdrawn(**common, withdrawn_on=command.on, reason=command.reason)
        case _:
            _not_at(found.stage)


def _not_at(stage: Stage) -> NoReturn:
    raise Refused("statement-stage", f"The statement is {stage}: {NEXT_STEP[stage]}.", stage=stage)


def evolve(state: Statements, event: Any) -> Statements:
    """What is then so."""
    match event:
        case StatementIssued():
            return _issued(state, event)
        case StatementSent() if found := state.open.get(event.statement):
            return _with(state, event.statement, msgspec.structs.replace(found, stage="sent", since=event.sent_on))
        case StatementDiffered() if found := state.open.get(event.statement):
            at = msgspec.structs.replace(found, stage="differing", since=event.differed_on)
            return _with(state, event.statement, at)
        case StatementConfirmed() | StatementSettled():
            return _with(state, event.statement, None)
        case StatementWithdrawn() if found := state.open.get(event.statement):
            left = tuple(day for day in state.stated if day != found.last_day) if found.monthly else state.stated
            return msgspec.structs.replace(_with(state, event.statement, None), stated=left)
        case _:
            return state


def _issued(state: Statements, event: StatementIssued) -> Statements:
    monthly, last_day = event.purpose == "monthly", event.last_day
    opened = Open(monthly, last_day, event.closing_balance, last_day)
    state = _with(state, event.statement, opened)
    if not monthly:
        return state
    return msgspec.structs.replace(state, stated=tuple(sorted({*state.stated, last_day}))[-MOST_MONTHS:])


def _with(state: Statements, statement: str, at: Open | None) -> Statements:
    """The state with a statement at a stage, or (None) done with; the oldest lapse where there are too many."""
    others = {name: each for name, each in state.open.items() if name != statement}
    kept = others if at is None else {**others, statement: at}
    if len(kept) > MOST_OPEN:
        del kept[min(kept, key=lambda name: (kept[name].last_day, name))]
    return msgspec.structs.replace(state, open=kept)


STATEMENTS = Decider(owner="credit-rating", category="statements", state=Statements, decide=decide, evolve=evolve)
