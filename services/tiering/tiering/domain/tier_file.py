"""A dealer's tier file: the class that each run gave it, one decision a run (domain.md 3.2)."""

from __future__ import annotations

from datetime import date

import msgspec

from events.catalogue import Event
from events.decider import Decider, Refused
from events.fields import Id
from events.types.tiering import AbcClassAssigned

from .abc import AbcClass
from .command import Command


class AssignAbcClass(Command):
    """Write what a run decided for this dealer (`classify.decisions`)."""

    dealer: Id
    assigned: AbcClassAssigned


class TierFile(msgspec.Struct, frozen=True):
    """The class last assigned, by which run and for which window."""

    run: str = ""
    abc: AbcClass | None = None
    window_to: date | None = None


def decide(tier: TierFile, command: AssignAbcClass) -> list[Event]:
    """Refused: run-assigned."""
    if command.assigned.run == tier.run:
        raise Refused("run-assigned", f"this run gave the dealer its class {tier.abc}: judge again in a new run")
    return [command.assigned]


def evolve(tier: TierFile, event: Event) -> TierFile:
    """What is then so."""
    match event:
        case AbcClassAssigned():
            return TierFile(event.run, event.abc, event.window_to)
        case _:
            return tier


TIER_FILE = Decider(owner="tiering", category="tier", state=TierFile, decide=decide, evolve=evolve)
