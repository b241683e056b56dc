"""A delegation: an absent approver lets somebody act in their role and scope for some days (domain.md 1.1, 2.5)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events import ApprovalDelegated, DelegationRevoked, Event
from events.decider import Decider, Refused

LONGEST = timedelta(days=92)


class Command(BaseModel):
    """What is asked of a delegation."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Delegate(Command):
    """`by`, in their `role` of that scope, lets `to` act from `first_day` to `last_day`."""

    role: str
    reach: Literal["branch", "region"]
    code: str
    by: str
    to: str
    first_day: date
    last_day: date
    reason: str
    today: date


class Revoke(Command):
    """End it before its last day; only who gave it may."""

    by: str
    reason: str


DelegationCommand: TypeAlias = Delegate | Revoke


class Delegation(msgspec.Struct, frozen=True):
    """Who gave it, and whether it still stands."""

    by: str = ""
    revoked: bool = False


def decide(delegation: Delegation, command: DelegationCommand) -> list[Event]:
    """What happens on a command. Refused: delegation-to-oneself, dates-implausible, not-entitled, not-found."""
    match command:
        case Delegate():
            return [_delegated(command)]
        case Revoke() if not delegation.by:
            raise Refused("not-found", "There is no such delegation.")
        case Revoke(by=by) if by != delegation.by:
            raise Refused("not-entitled", f"{delegation.by} gave this delegation, and takes it back.")
        case Revoke(by=by, reason=reason):
            return [] if delegation.revoked else [DelegationRevoked(by=by, reason=reason)]


def _delegated(asked: Delegate) -> ApprovalDelegated:
    if asked.to == asked.by:
        raise Refused("delegation-to-oneself", "Name another person.")
    if not asked.today <= asked.first_day <= asked.last_day <= asked.first_day + LONGEST:
        raise Refused(
            "dates-implausible",
            f"A delegation begins today or later and lasts at most {LONGEST.days} days: correct it.",
        )
    return ApprovalDelegated(**asked.model_dump(exclude={"today"}))


def evolve(delegation: Delegation, event: Any) -> Delegation:
    """What is then so."""
    match event:
        case ApprovalDelegated():
            return Delegation(by=event.by)
        case DelegationRevoked():
            return msgspec.structs.replace(delegation, revoked=True)
        case _:
            return delegation


DELEGATION = Decider(owner="credit-rating", category="delegation", state=Delegation, decide=decide, evolve=evolve)
