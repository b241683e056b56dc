"""The limit of an owner group: what the exposure of all its dealers together may come to (domain.md 2.7).

It counts on its days, by date and not by a job; of several the one that was set last. Ended, none counts.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from events import Event, GroupLimitEnded, GroupLimitSet
from events.decider import Decider, Refused


class Command(BaseModel):
    """What is asked of a group's limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SetGroupLimit(Command):
    """A limit in the installation's currency, from `first_day` to `last_day`, or until it is ended."""

    group: str
    limit: Decimal = Field(ge=0, decimal_places=2)
    first_day: date
    last_day: date | None = None
    reason: str
    by: str
    today: date


class EndGroupLimit(Command):
    """No limit that was set before counts from today on."""

    group: str
    reason: str
    by: str
    today: date


GroupCommand: TypeAlias = SetGroupLimit | EndGroupLimit


class GroupLimit(msgspec.Struct, frozen=True):
    """Whether a limit was set and not ended, and the latest day on which one counts (None: there is no such day)."""

    set: bool = False
    last_day: date | None = None


def key(group: str) -> str:
    """The key of a group's stream."""
    return f"group-{group}"


def decide(limit: GroupLimit, command: GroupCommand) -> list[Event]:
    """What happens on a command. Refused: dates-implausible, no-group-limit."""
    match command:
        case SetGroupLimit(today=today, first_day=first, last_day=last):
            if first < today or (last is not None and last < first):
                raise Refused("dates-implausible", "A limit of a group begins today or later and ends after it begins.")
            return [GroupLimitSet(**command.model_dump(exclude={"today"}))]
        case EndGroupLimit(today=today) if not limit.set or (limit.last_day is not None and limit.last_day < today):
            raise Refused("no-group-limit", f"The group {command.group} has no limit: there is nothing to end.")
        case EndGroupLimit(group=group, reason=reason, by=by, today=today):
            return [GroupLimitEnded(group=group, ended_on=today, reason=reason, by=by)]


def evolve(limit: GroupLimit, event: Event) -> GroupLimit:
    """What is then so."""
    match event:
        case GroupLimitSet(last_day=last):
            endless = last is None or (limit.set and limit.last_day is None)
            latest = None if endless else max(day for day in (last, limit.last_day) if day is not None)
            return GroupLimit(set=True, last_day=latest)
        case GroupLimitEnded():
            return GroupLimit()
        case _:
            return limit


GROUP_LIMIT = Decider(owner="credit-rating", category="group", state=GroupLimit, decide=decide, evolve=evolve)
