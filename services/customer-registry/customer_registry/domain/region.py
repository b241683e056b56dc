"""A region (大区): defined once, renamed at will."""

from __future__ import annotations

import msgspec

from events.catalogue import Event
from events.decider import Decider
from events.fields import Name
from events.types.customer_registry import RegionDefined

from .command import Command, OwnCode


class DefineRegion(Command):
    """Let there be a region of this code, or give it this name."""

    code: OwnCode
    name: Name


class Region(msgspec.Struct, frozen=True):
    """The name of a region; empty before it is defined."""

    name: str = ""


def key(code: str) -> str:
    """The key of a region's stream."""
    return f"region-{code}"


def decide(region: Region, command: DefineRegion) -> list[Event]:
    """The same definition again writes nothing."""
    defined = RegionDefined(code=command.code, name=command.name)
    return [] if evolve(region, defined) == region else [defined]


def evolve(region: Region, event: Event) -> Region:
    """What is then so."""
    match event:
        case RegionDefined():
            return Region(event.name)
        case _:
            return region


REGION = Decider(owner="customer-registry", category="region", state=Region, decide=decide, evolve=evolve)
