"""credit-rating: collection of what is overdue: reminders, promises, follow-ups, hand-over to legal (domain.md 2.7).

People of a dealer are personal data: `to` and `promised_by` say a position or a department, such as "accounts".
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from events.catalogue import Event, Part
from events.fields import Amount, Count, Cut, Days, Id, Money, Used
from events.recorded import Code, Name, Said, Text
from events.types.shapes import PolicyRef

StageNumber = Annotated[int, Field(ge=1, le=9)]
Action = Literal["reminder", "dunning_letter", "manager_visit", "legal"]
Channel = Literal["message", "phone", "letter", "visit"]


class ChasedInvoice(Part):
    """An overdue invoice that a reminder names; `disputed` is what the dealer disputes of `open`."""

    source: Code
    number: Code
    due_on: date
    open: Amount
    days: Days
    disputed: Used


class ReminderIssued(Event, owner="credit-rating", stream="collection"):
    """The dealer was reminded of what is overdue, at the stage that it had reached as known at `cut`.

    `dunning` says whether it demands payment and so restarts the limitation of these invoices (domain.md 2.2).
    `invoices` are the oldest 200 of `count`; `amount` is overdue in all. `by` is a login, or "clock".
    """

    reminder: Id
    stage: StageNumber
    action: Action
    dunning: bool
    channel: Channel
    to: Name
    as_of: date
    amount: Amount
    count: Count
    oldest_due_on: date
    invoices: Annotated[tuple[ChasedInvoice, ...], Field(min_length=1, max_length=200)]
    note: Text = ""
    policy: PolicyRef
    cut: Cut
    by: Code


class PaymentPromised(Event, owner="credit-rating", stream="collection"):
    """The dealer promised to pay an amount by a day; `invoices` are those that it spoke of, if any."""

    promise: Id
    amount: Amount
    promised_on: date
    pay_by: date
    promised_by: Name
    invoices: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    note: Text = ""
    by: Code


class _PromiseDecided(Event):
    """What payments dated from the day of the promise to `pay_by` came to, as known at `cut`, each counted once.

    `paid` is what counts towards this promise; `policy` says how long after `pay_by` it was decided.
    """

    promise: Id
    amount: Amount
    promised_on: date
    pay_by: date
    paid: Money
    decided_on: date
    policy: PolicyRef
    cut: Cut


class PromiseKept(_PromiseDecided, owner="credit-rating", stream="collection"):
    """What was promised was paid in time."""


class PromiseBroken(_PromiseDecided, owner="credit-rating", stream="collection"):
    """Less was paid in time than was promised."""


class FollowUpAssigned(Event, owner="credit-rating", stream="collection"):
    """Somebody (a login) is to do something about what the dealer owes, by a day."""

    task: Id
    to: Code
    due_on: date
    what: Said
    by: Code


class FollowUpDone(Event, owner="credit-rating", stream="collection"):
    """A follow-up task was done, with what came of it."""

    task: Id
    outcome: Said
    done_on: date
    by: Code


class LegalProposed(Event, owner="credit-rating", stream="collection"):
    """Somebody proposed that the dealer's debt be handed to legal: another person decides."""

    proposed_on: date
    reason: Said
    by: Code


class LegalDeclined(Event, owner="credit-rating", stream="collection"):
    """Another person declined to hand the debt to legal: collection goes on."""

    reason: Said
    by: Code


class HandedToLegal(Event, owner="credit-rating", stream="collection"):
    """The debt was handed to legal, proposed by one person and approved by another: reminders cease."""

    handed_on: date
    reason: Said
    proposed_by: Code
    approved_by: Code


class TakenBackFromLegal(Event, owner="credit-rating", stream="collection"):
    """The debt is collected by us again."""

    on: date
    reason: Said
    by: Code
