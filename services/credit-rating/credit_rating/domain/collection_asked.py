"""What is asked of a dealer's collection: by people, and by the clock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from events import PolicyRef

from .collection_stage import Reached
from .promise import Paid

CLOCK = "clock"


class Command(BaseModel):
    """What is asked of a dealer's collection."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class IssueReminder(Command):
    """Remind of what is overdue as of a day, known at `cut`; at `stage`, or at the one `reached`. `by` may be CLOCK."""

    reminder: str
    reached: Reached | None
    stage: int | None = None
    channel: str | None = None
    to: str
    note: str = ""
    as_of: date
    policy: PolicyRef
    cut: dict[str, dict[str, int]]
    by: str


class PromisePayment(Command):
    """The dealer promises an amount by a day."""

    promise: str
    amount: Decimal = Field(gt=0)
    pay_by: date
    promised_by: str
    invoices: tuple[str, ...] = ()
    note: str = ""
    by: str
    today: date


class DecidePromise(Command):
    """From the clock, `after_days` behind the promised day: the payments dated until then, known at `cut`."""

    promise: str
    payments: tuple[Paid, ...]
    after_days: int
    policy: PolicyRef
    cut: dict[str, dict[str, int]]


class AssignTask(Command):
    """Somebody is to do something by a day."""

    task: str
    to: str
    due_on: date
    what: str
    by: str
    today: date


class CompleteTask(Command):
    """It is done."""

    task: str
    outcome: str
    by: str
    today: date


class ProposeLegal(Command):
    """Hand it to legal, if another person agrees."""

    reason: str
    by: str
    today: date


class ApproveLegal(Command):
    """It is handed over."""

    by: str
    today: date


class DeclineLegal(Command):
    """It is not."""

    reason: str
    by: str


class TakeBack(Command):
    """We collect it ourselves again."""

    reason: str
    by: str
    today: date


CollectionCommand: TypeAlias = (
    IssueReminder
    | PromisePayment
    | DecidePromise
    | AssignTask
    | CompleteTask
    | ProposeLegal
    | ApproveLegal
    | DeclineLegal
    | TakeBack
)
