"""A limit that somebody sets in place of the computed one, for some days (domain.md 2.7).

It ends by date and not by a job: whoever asks for the limit of a day looks which override that day falls into.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from events import CreditLimitOverridden, CreditLimitOverrideEnded, Event
from events.decider import Refused

LONGEST = timedelta(days=366)


class Command(BaseModel):
    """What is asked of the limit of a dealer that has one."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OverrideLimit(Command):
    """Another limit, in the installation's currency, from `first_day` to `last_day`."""

    override: str
    limit: Decimal = Field(ge=0, decimal_places=2)
    first_day: date
    last_day: date
    reason: str
    by: str
    today: date


class EndOverride(Command):
    """The last override is taken back: from today on counts what would have counted without it."""

    reason: str
    by: str
    today: date


LimitCommand: TypeAlias = OverrideLimit | EndOverride


class Override(msgspec.Struct, frozen=True):
    """An override that was given and not taken back."""

    id: str
    last_day: date


def decide(overrides: tuple[Override, ...], command: LimitCommand) -> list[Event]:
    """What happens on a command, `overrides` as they were given. Refused: dates-implausible, no-override."""
    match command:
        case OverrideLimit():
            return [_overridden(command)]
        case EndOverride(reason=reason, by=by, today=today):
            still = [each for each in overrides if each.last_day >= today]
            if not still:
                raise Refused("no-override", "No override of this limit is in force or to come: there is none to end.")
            return [CreditLimitOverrideEnded(override=still[-1].id, ended_on=today, reason=reason, by=by)]


def _overridden(asked: OverrideLimit) -> CreditLimitOverridden:
    if not asked.today <= asked.first_day <= asked.last_day <= asked.first_day + LONGEST:
        raise Refused("dates-implausible", f"An override begins today or later and lasts at most {LONGEST.days} days.")
    return CreditLimitOverridden(**asked.model_dump(exclude={"today"}))
