"""How collection is shown: the work list, one dealer, its steps, a decision taken again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from credit_rating.api.money import Money
from events.types.collection import ChasedInvoice
from events.types.shapes import PolicyRef


class WorkRow(BaseModel):
    """A dealer to work on: its stage (null: nothing chased), what is overdue, whether somebody has to remind it."""

    dealer: UUID
    code: str
    name: str
    stage: int | None
    action: str | None
    overdue: Money
    reminder_due: bool
    reminded_stage: int | None
    reminded_on: date | None
    next_task_on: date | None
    open_tasks: int
    open_promises: int
    promised: Money
    next_promise_on: date | None
    broken_promises: int
    legal: str | None


class PromiseView(BaseModel):
    """A promise that is not decided yet."""

    ref: UUID
    amount: Money
    dated: date
    due_on: date
    to: str
    by: str
    said: str
    invoices: list[str]


class TaskView(BaseModel):
    """A follow-up that is not done yet; `late` past its day."""

    ref: UUID
    to: str
    due_on: date
    said: str
    by: str
    late: bool


class LegalView(BaseModel):
    """Whether the debt is with legal (`handed`) or `proposed` for it, why, and who said so last."""

    stage: str
    reason: str
    by: str


class CollectionView(BaseModel):
    """One dealer's collection as of a day, known at a cut; `reminder_due`: a stage that nobody reminded of."""

    dealer: UUID
    as_of: date
    known_at: str
    currency: str
    stage: int | None
    action: str | None
    overdue: Money
    oldest_due_on: date | None
    invoices: list[ChasedInvoice]
    reminder_due: bool
    reminded_stage: int | None
    reminded_on: date | None
    promises: list[PromiseView]
    broken_promises: int
    tasks: list[TaskView]
    legal: LegalView | None
    policy: PolicyRef


class StepView(BaseModel):
    """One step of a dealer's collection; `kind` says which, `ref` the reminder, promise or task that it is about."""

    id: UUID
    kind: str
    ref: UUID | None
    stage: int | None
    dated: date
    due_on: date | None
    amount: Money | None
    to: str | None
    by: str | None
    said: str | None
    recorded_at: datetime


class AgainView(BaseModel):
    """A reminder or a decided promise taken again at its cut; equal if every byte is."""

    id: UUID
    type: str
    equal: bool
    recorded: dict[str, Any]
    derived: dict[str, Any] | None
