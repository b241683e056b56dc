"""The collection of what a dealer owes: reminded, promised, followed up, handed to legal (domain.md 2.7).

A stage is reached by date and by the pure rule of `collection_stage`; the reminder is what somebody did about it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import msgspec

from events import (
    Event,
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
from events.decider import Decider, Refused

from .collection_asked import (
    ApproveLegal,
    AssignTask,
    CollectionCommand,
    CompleteTask,
    DecidePromise,
    DeclineLegal,
    IssueReminder,
    PromisePayment,
    ProposeLegal,
    TakeBack,
)
from .collection_stage import Reached
from .promise import Promise, counted, still_needed

MOST_PROMISES, MOST_TASKS = 12, 50
LONGEST_PROMISE = timedelta(days=366)
SEVERAL = "Do, or have done, one of those that are open first: at most {most} may be."


class Reminded(msgspec.Struct, frozen=True):
    """The last reminder: its stage, and the due date of what was then overdue longest."""

    stage: int
    oldest_due_on: date


class Legal(msgspec.Struct, frozen=True):
    """Proposed by somebody, or handed over."""

    stage: Literal["proposed", "handed"]
    reason: str
    by: str


class Collection(msgspec.Struct, frozen=True):
    """The last reminder, promises not yet decided (with those they overlap), open tasks, whether it is with legal."""

    reminded: Reminded | None = None
    promises: tuple[Promise, ...] = ()
    tasks: tuple[str, ...] = ()
    legal: Legal | None = None

    def lacks_reminder(self, now: Reached | None) -> bool:
        """Whether a stage is reached that nobody reminded of: further on, or for invoices that came due since."""
        if now is None or (self.legal and self.legal.stage == "handed"):
            return False
        last = self.reminded
        return last is None or now.number > last.stage or now.oldest_due_on > last.oldest_due_on


def decide(file: Collection, command: CollectionCommand) -> list[Event]:
    """What happens on a command."""
    match command:
        case IssueReminder(by="clock"):
            return [_reminder(file, command)] if file.lacks_reminder(command.reached) else []
        case IssueReminder():
            return [_reminder(file, command)]
        case PromisePayment():
            return [_promised(file, command)]
        case DecidePromise():
            return _decided(file, command)
        case AssignTask(today=today, due_on=due) if due < today:
            raise Refused("dates-implausible", "A follow-up is due today or later: correct the date.")
        case AssignTask():
            _room(len(file.tasks), MOST_TASKS)
            return [FollowUpAssigned(**command.model_dump(exclude={"today"}))]
        case CompleteTask(task=task) if task not in file.tasks:
            raise Refused("task-not-open", "This dealer has no such open task: read its collection.")
        case CompleteTask(task=task, outcome=outcome, by=by, today=today):
            return [FollowUpDone(task=task, outcome=outcome, by=by, done_on=today)]
        case ProposeLegal() | ApproveLegal() | DeclineLegal() | TakeBack():
            return [_legal(file.legal, command)]


def _reminder(file: Collection, asked: IssueReminder) -> ReminderIssued:
    now = asked.reached
    if file.legal and file.legal.stage == "handed":
        raise Refused("with-legal", "The debt is with legal: take it back before you remind the dealer.")
    if now is None:
        raise Refused("nothing-overdue", "Nothing is overdue that is chased: there is nothing to remind of.")
    if (stage := asked.stage or now.number) > now.number:
        raise Refused("stage-not-reached", f"The dealer has reached stage {now.number}: remind at that or before.",
                      stage=now.number)  # fmt: skip
    rule = now.stages[stage - 1]
    return ReminderIssued(
        reminder=asked.reminder, stage=stage, action=rule.action, dunning=rule.dunning,
        channel=asked.channel or rule.channel, to=asked.to, as_of=asked.as_of, amount=now.amount, count=now.count,
        oldest_due_on=now.oldest_due_on, invoices=now.invoices, note=asked.note, policy=asked.policy, cut=asked.cut,
        by=asked.by,
    )  # fmt: skip


def _promised(file: Collection, asked: PromisePayment) -> PaymentPromised:
    if not asked.today <= asked.pay_by <= asked.today + LONGEST_PROMISE:
        raise Refused("dates-implausible", f"A promise names today or a day within {LONGEST_PROMISE.days} days.")
    _room(sum(not each.decided for each in file.promises), MOST_PROMISES)
    return PaymentPromised(**asked.model_dump(exclude={"today"}), promised_on=asked.today)


def _decided(file: Collection, asked: DecidePromise) -> list[Event]:
    """Kept or broken, once; a promise that is decided, or unknown, is left alone."""
    found = [each for each in file.promises if each.id == asked.promise and not each.decided]
    if not found:
        return []
    promise = found[0]
    paid = counted(file.promises, [each for each in asked.payments if each.on <= promise.pay_by])[promise.id]
    outcome = PromiseKept if paid >= promise.amount else PromiseBroken
    return [
        outcome(
            promise=promise.id, amount=promise.amount, promised_on=promise.promised_on, pay_by=promise.pay_by,
            paid=paid, decided_on=promise.pay_by + timedelta(days=asked.after_days), policy=asked.policy, cut=asked.cut,
        )
    ]  # fmt: skip


def _legal(legal: Legal | None, command: ProposeLegal | ApproveLegal | DeclineLegal | TakeBack) -> Event:
    match command, legal:
        case ProposeLegal(reason=reason, by=by, today=today), None:
            return LegalProposed(proposed_on=today, reason=reason, by=by)
        case ApproveLegal(by=by) | DeclineLegal(by=by), Legal(stage="proposed", by=proposer) if by == proposer:
            raise Refused("own-proposal", "You proposed it yourself: another person decides.")
        case ApproveLegal(by=by, today=today), Legal(stage="proposed", reason=reason, by=proposer):
            return HandedToLegal(handed_on=today, reason=reason, proposed_by=proposer, approved_by=by)
        case DeclineLegal(reason=reason, by=by), Legal(stage="proposed"):
            return LegalDeclined(reason=reason, by=by)
        case TakeBack(reason=reason, by=by, today=today), Legal(stage="handed"):
            return TakenBackFromLegal(on=today, reason=reason, by=by)
        case _:
            stage = legal.stage if legal else "neither proposed nor handed over"
            raise Refused("legal-stage-wrong", f"The hand-over to legal is {stage}: read the dealer's collection.")


def _room(count: int, most: int) -> None:
    if count >= most:
        raise Refused("too-many-open", SEVERAL.format(most=most))


def evolve(file: Collection, event: Any) -> Collection:
    """What is then so."""
    change = msgspec.structs.replace
    match event:
        case ReminderIssued():
            return change(file, reminded=Reminded(event.stage, event.oldest_due_on))
        case PaymentPromised():
            given = Promise(event.promise, event.amount, event.promised_on, event.pay_by)
            return change(file, promises=still_needed((*file.promises, given)))
        case PromiseKept() | PromiseBroken():
            promises = (change(each, decided=each.decided or each.id == event.promise) for each in file.promises)
            return change(file, promises=still_needed(promises))
        case FollowUpAssigned():
            return change(file, tasks=(*file.tasks, event.task))
        case FollowUpDone():
            return change(file, tasks=tuple(each for each in file.tasks if each != event.task))
        case LegalProposed():
            return change(file, legal=Legal("proposed", event.reason, event.by))
        case HandedToLegal():
            return change(file, legal=Legal("handed", event.reason, event.approved_by))
        case LegalDeclined() | TakenBackFromLegal():
            return change(file, legal=None)
        case _:
            return file


COLLECTION = Decider(owner="credit-rating", category="collection", state=Collection, decide=decide, evolve=evolve)
