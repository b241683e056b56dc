"""What people do about what a dealer owes: remind, take a promise down, follow up, hand over to legal."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.collecting import owing_now
from credit_rating.domain.collection import COLLECTION, Collection
from credit_rating.domain.collection_asked import (
    ApproveLegal,
    AssignTask,
    CompleteTask,
    DeclineLegal,
    IssueReminder,
    PromisePayment,
    ProposeLegal,
    TakeBack,
)
from eventlog.meta import Written
from events import FollowUpAssigned, PaymentPromised, ReminderIssued
from events.fields import Amount, Code, Day, Name, Said, Text
from events.types.collection import Channel
from service.context import Write, WriteContext
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("collection")
PATH = "/dealers/{dealer}/collection"


class Remind(Closed):
    """Who was reminded (a position or department, no name), and how; `stage` an earlier one than is reached."""

    to: Name
    stage: Annotated[int | None, Field(ge=1, le=9)] = None
    channel: Channel | None = None
    note: Text = ""


class ReminderView(BaseModel):
    """A reminder as it was issued; `dunning` ones restart the limitation of what they name."""

    id: UUID
    stage: int
    action: str
    dunning: bool
    channel: str
    amount: Money
    count: int
    as_of: date


class Promised(Closed):
    """What was promised by whom (a position or department, no name) until when, and of which invoices, if it said."""

    amount: Amount
    pay_by: Day
    promised_by: Name
    invoices: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    note: Text = ""


class PromisedView(BaseModel):
    """A promise; the clock decides after its day whether it was kept."""

    id: UUID
    amount: Money
    promised_on: date
    pay_by: date


class Assign(Closed):
    """Who (a login) is to do what until when."""

    to: Code
    due_on: Day
    what: Said


class TaskView(BaseModel):
    """A follow-up task."""

    id: UUID
    to: str
    due_on: date
    what: str


class Outcome(Closed):
    """What came of it."""

    outcome: Said


class Reason(Closed):
    """Why."""

    reason: Said


class Agreed(Closed):
    """Nothing more to say."""


class StandingView(BaseModel):
    """How many promises and tasks are open, and whether the debt is with legal (`handed`) or `proposed` for it."""

    dealer: UUID
    open_promises: int
    open_tasks: int
    legal: str | None


@router.post(f"{PATH}/reminders", permission="collection.act", answers=ReminderView, edits=True,
             problems=("nothing-overdue", "stage-not-reached", "with-legal"))  # fmt: skip
async def issue_reminder(dealer: UUID, body: Remind, write: Write) -> Response:
    """Say that the dealer was reminded, today, of all that is overdue; what that is comes from its ledger."""
    await _in_scope(write, dealer)
    reminder = str(write.command("reminder"))

    async def gathered(file: Collection) -> IssueReminder:
        owing = await owing_now(write.runtime, dealer, write.today)
        return IssueReminder(
            reminder=reminder, reached=owing.reached, **body.model_dump(), as_of=write.today, policy=owing.policy,
            cut=owing.cut, by=write.caller.login,
        )  # fmt: skip

    written = await write.handle(COLLECTION, str(dealer), None, prepare=gathered)
    (issued,) = written.events
    assert isinstance(issued, ReminderIssued)
    return write.answer(written, ReminderView.model_validate(issued.model_dump() | {"id": issued.reminder}))


@router.post(f"{PATH}/promises", permission="collection.act", answers=PromisedView, edits=True,
             problems=("dates-implausible", "too-many-open"))  # fmt: skip
async def promise_payment(dealer: UUID, body: Promised, write: Write) -> Response:
    """Take down a promise to pay; the day after, what was paid in time decides whether it was kept."""
    await _in_scope(write, dealer)
    command = PromisePayment(
        promise=str(write.command("promise")), **body.model_dump(), by=write.caller.login, today=write.today
    )
    written = await write.handle(COLLECTION, str(dealer), command)
    (given,) = written.events
    assert isinstance(given, PaymentPromised)
    return write.answer(written, PromisedView.model_validate(given.model_dump() | {"id": given.promise}))


@router.post(f"{PATH}/tasks", permission="collection.act", answers=TaskView, edits=True,
             problems=("dates-implausible", "too-many-open"))  # fmt: skip
async def assign_task(dealer: UUID, body: Assign, write: Write) -> Response:
    """Ask somebody to follow up by a day."""
    await _in_scope(write, dealer)
    command = AssignTask(task=str(write.command("task")), **body.model_dump(), by=write.caller.login, today=write.today)
    written = await write.handle(COLLECTION, str(dealer), command)
    (task,) = written.events
    assert isinstance(task, FollowUpAssigned)
    return write.answer(written, TaskView.model_validate(task.model_dump() | {"id": task.task}))


@router.post(f"{PATH}/tasks/{{task}}/done", permission="collection.act", answers=StandingView, edits=True, status=200,
             problems=("task-not-open",))  # fmt: skip
async def complete_task(dealer: UUID, task: UUID, body: Outcome, write: Write) -> Response:
    """Say that a follow-up is done, and what came of it."""
    command = CompleteTask(task=str(task), outcome=body.outcome, by=write.caller.login, today=write.today)
    return await _standing(write, dealer, command)


@router.post(f"{PATH}/legal", permission="collection.propose", answers=StandingView, edits=True, status=200,
             problems=("legal-stage-wrong",))  # fmt: skip
async def propose_legal(dealer: UUID, body: Reason, write: Write) -> Response:
    """Propose to hand the debt to legal; another person decides."""
    return await _standing(write, dealer, ProposeLegal(reason=body.reason, by=write.caller.login, today=write.today))


@router.post(f"{PATH}/legal/approval", permission="collection.approve", answers=StandingView, edits=True, status=200,
             problems=("legal-stage-wrong", "own-proposal"))  # fmt: skip
async def approve_legal(dealer: UUID, body: Agreed, write: Write) -> Response:
    """Hand the debt to legal, as somebody else proposed; reminders cease."""
    return await _standing(write, dealer, ApproveLegal(by=write.caller.login, today=write.today))


@router.post(f"{PATH}/legal/refusal", permission="collection.approve", answers=StandingView, edits=True, status=200,
             problems=("legal-stage-wrong", "own-proposal"))  # fmt: skip
async def decline_legal(dealer: UUID, body: Reason, write: Write) -> Response:
    """Decline what somebody else proposed; collection goes on."""
    return await _standing(write, dealer, DeclineLegal(reason=body.reason, by=write.caller.login))


@router.post(f"{PATH}/legal/end", permission="collection.approve", answers=StandingView, edits=True, status=200,
             problems=("legal-stage-wrong",))  # fmt: skip
async def take_back(dealer: UUID, body: Reason, write: Write) -> Response:
    """Take the debt back from legal."""
    return await _standing(write, dealer, TakeBack(reason=body.reason, by=write.caller.login, today=write.today))


async def _standing(write: WriteContext, dealer: UUID, command: object) -> Response:
    await _in_scope(write, dealer)
    return _answer(write, dealer, await write.handle(COLLECTION, str(dealer), command))


async def _in_scope(write: WriteContext, dealer: UUID) -> None:
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)


def _answer(write: WriteContext, dealer: UUID, written: Written) -> Response:
    file: Collection = written.state
    open_promises = sum(not each.decided for each in file.promises)
    legal = file.legal and file.legal.stage
    view = StandingView(dealer=dealer, open_promises=open_promises, open_tasks=len(file.tasks), legal=legal)
    return write.answer(written, view)
