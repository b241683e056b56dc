"""Follow-up visits of a dealer that has credit (回访): what was found is written, the last one counts (domain.md 2.9).

When the next is due follows from dates alone, no job asks for it: `credit_rating/follow_ups_due.sql`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from events import CreditFollowedUp, Event
from events.decider import Decider, Refused
from events.types.diligence import Evidence
from rules.substance import written

ANSWERS = ("use_of_credit", "finances", "stock", "next_steps")


class RecordFollowUp(BaseModel):
    """What a visit found; `picture_holds`: what the credit was given on still holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    follow_up: str
    visited_on: date
    use_of_credit: str
    finances: str
    stock: str
    picture_holds: bool
    next_steps: str
    files: Evidence = ()
    by: str
    today: date


class FollowUps(msgspec.Struct, frozen=True):
    """The day of the last one."""

    last: date | None = None


def decide(_: FollowUps, asked: RecordFollowUp) -> list[Event]:
    """What happens on a command. Refused: dates-implausible, nothing-written."""
    if asked.visited_on > asked.today:
        raise Refused("dates-implausible", "The visit lies in the future: correct its day.")
    written(**{name: getattr(asked, name) for name in ANSWERS})
    return [CreditFollowedUp(**asked.model_dump(exclude={"today"}))]


def evolve(known: FollowUps, event: Any) -> FollowUps:
    """What is then so."""
    if not isinstance(event, CreditFollowedUp):
        return known
    return FollowUps(max(event.visited_on, known.last or event.visited_on))


FOLLOW_UP = Decider(owner="credit-rating", category="follow-up", state=FollowUps, decide=decide, evolve=evolve)
