"""Statements of account and audit confirmation letters: issued by hand, sent, confirmed or differing, settled."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.statement import (
    STATEMENTS,
    ConfirmStatement,
    DifferStatement,
    IssueStatement,
    SendStatement,
    SettleStatement,
    WithdrawStatement,
)
from credit_rating.domain.statement_drawing import Asked, month_days
from credit_rating.stating import drawn_up_now
from events.fields import Day, Exact, Hash, Name, Said
from events.types.statement import SentBy
from service.context import Write, WriteContext
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("statements of account")
Balance = Annotated[Exact, Field(gt=-(10**12), lt=10**12, decimal_places=2)]
STAGE = {
    "StatementIssued": "issued",
    "StatementSent": "sent",
    "StatementConfirmed": "confirmed",
    "StatementDiffered": "differing",
    "StatementSettled": "settled",
    "StatementWithdrawn": "withdrawn",
}
STEP: dict[str, Any] = {
    "edits": True, "status": 200, "problems": ("statement-not-open", "statement-stage", "dates-implausible"),
}  # fmt: skip


class Month(Closed):
    """A calendar month that is over."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"month": "2026-05"}]})

    month: Annotated[str, Field(pattern=r"^(199[0-9]|20[0-9][0-9]|21[0-9][0-9])-(0[1-9]|1[0-2])$")]


class Letter(Closed):
    """Whom a confirmation letter (询证函) is addressed to, and its days: from 1 January of that year unless said."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"addressed_to": "Huaxin Certified Accountants", "last_day": "2025-12-31"}]}
    )

    addressed_to: Name
    last_day: Day
    first_day: Day | None = None


class OnADay(Closed):
    """The day of a step: today unless said."""

    on: Day | None = None


class Sent(OnADay):
    """How it went out, and to which office of the dealer (no person's name)."""

    how: SentBy
    to: Name


class Confirmed(OnADay):
    """Which office confirmed it, and the SHA-256 of the copy that it signed."""

    confirmed_by: Name
    signed_copy: Hash | None = None


class Differing(OnADay):
    """The dealer's own balance, and why it differs."""

    their_balance: Balance
    reason: Said


class Settled(OnADay):
    """The balance that both agree to, and how the difference was cleared up."""

    agreed_balance: Balance
    reason: Said


class Withdrawn(OnADay):
    """Why it counts no more."""

    reason: Said


class IssuedView(BaseModel):
    """A statement that was issued; its lines are at `/statements/{statement}/lines`."""

    statement: UUID
    dealer: UUID
    purpose: str
    addressed_to: str | None
    first_day: date
    last_day: date
    opening_balance: Money
    closing_balance: Money
    lines: int
    digest: str


class StageView(BaseModel):
    """Where a statement stands after a step."""

    statement: UUID
    dealer: UUID
    stage: str


@router.post("/dealers/{dealer}/statements", permission="statement.issue", answers=IssuedView,
             problems=("statement-issued", "period-not-over", "nothing-to-state"))  # fmt: skip
async def issue_statement(dealer: UUID, body: Month, write: Write) -> Response:
    """Issue the statement of a month as it is known now: by hand, what the clock does on the 1st."""
    year, _, month = body.month.partition("-")
    first_day, last_day = month_days(int(year), int(month))
    statement = str(write.command("statement"))
    currency = write.runtime.settings.currency
    return await _issue(write, dealer, Asked(statement, "monthly", first_day, last_day, currency, write.caller.login))


@router.post("/dealers/{dealer}/confirmation-letters", permission="statement.issue", answers=IssuedView,
             problems=("period-not-over", "dates-implausible", "nothing-to-state"))  # fmt: skip
async def issue_letter(dealer: UUID, body: Letter, write: Write) -> Response:
    """Issue an audit confirmation letter: a statement addressed to an auditor, sent and confirmed like any other."""
    first_day = body.first_day or body.last_day.replace(month=1, day=1)
    statement = str(write.command("statement"))
    currency = write.runtime.settings.currency
    asked = Asked(statement, "audit", first_day, body.last_day, currency, write.caller.login, body.addressed_to)
    return await _issue(write, dealer, asked)


@router.post("/dealers/{dealer}/statements/{statement}/sending", permission="statement.keep", answers=StageView, **STEP)
async def send(dealer: UUID, statement: UUID, body: Sent, write: Write) -> Response:
    """Record that a statement went out, perhaps once more."""
    return await _step(write, dealer, statement, SendStatement, body)


@router.post("/dealers/{dealer}/statements/{statement}/confirmation", permission="statement.keep", answers=StageView,
             **STEP)  # fmt: skip
async def confirm(dealer: UUID, statement: UUID, body: Confirmed, write: Write) -> Response:
    """Record that the dealer confirmed the balance; it restarts the limitation of the invoices that it includes."""
    return await _step(write, dealer, statement, ConfirmStatement, body)


@router.post("/dealers/{dealer}/statements/{statement}/difference", permission="statement.keep", answers=StageView,
             **STEP | {"problems": (*STEP["problems"], "no-difference")})  # fmt: skip
async def differ(dealer: UUID, statement: UUID, body: Differing, write: Write) -> Response:
    """Record that the dealer has another balance."""
    return await _step(write, dealer, statement, DifferStatement, body)


@router.post("/dealers/{dealer}/statements/{statement}/settlement", permission="statement.settle", answers=StageView,
             **STEP)  # fmt: skip
async def settle(dealer: UUID, statement: UUID, body: Settled, write: Write) -> Response:
    """Clear a difference up; what has to be corrected is a ledger entry of its own."""
    return await _step(write, dealer, statement, SettleStatement, body)


@router.post("/dealers/{dealer}/statements/{statement}/withdrawal", permission="statement.settle", answers=StageView,
             **STEP)  # fmt: skip
async def withdraw(dealer: UUID, statement: UUID, body: Withdrawn, write: Write) -> Response:
    """Withdraw a statement that is not confirmed; its month may be stated anew."""
    return await _step(write, dealer, statement, WithdrawStatement, body)


async def _issue(write: WriteContext, dealer: UUID, asked: Asked) -> Response:
    await _in_scope(write, dealer)

    async def drawn(_: Any) -> IssueStatement:
        issued = await drawn_up_now(write.runtime.log, dealer, asked, write.today)
        return IssueStatement(issued=issued, today=write.today)

    written = await write.handle(STATEMENTS, str(dealer), None, prepare=drawn)
    said = written.events[0].model_dump()
    view = IssuedView.model_validate({name: said.get(name, dealer) for name in IssuedView.model_fields})
    return write.answer(written, view, location=f"/statements/{view.statement}")


async def _step(write: WriteContext, dealer: UUID, statement: UUID, step: Any, body: OnADay) -> Response:
    await _in_scope(write, dealer)
    said = body.model_dump(exclude={"on"})
    command = step(
        statement=str(statement), on=body.on or write.today, by=write.caller.login, today=write.today, **said
    )
    written = await write.handle(STATEMENTS, str(dealer), command)
    stage = STAGE[type(written.events[0]).__name__]
    return write.answer(written, StageView(statement=statement, dealer=dealer, stage=stage))


async def _in_scope(write: WriteContext, dealer: UUID) -> None:
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
