"""A territory: defined in a branch, and from a date on in the hands of one representative (定人定域, domain.md 3.6).

It does not change its branch: every dealer of it was onboarded with that branch, and who sees the dealer follows it.
"""

from __future__ import annotations

from datetime import date

import msgspec

from events.catalogue import Event
from events.decider import Decider, Refused
from events.fields import Name
from events.types.customer_registry import RepresentativeAssigned, TerritoryDefined

from .command import Command, OwnCode


class DefineTerritory(Command):
    """Let there be a territory of this code in this branch of this region, or give it this name."""

    code: OwnCode
    name: Name
    branch: OwnCode
    region: OwnCode


class AssignRepresentative(Command):
    """Give the territory to a representative from a day on."""

    territory: OwnCode
    representative: OwnCode
    since: date


class Territory(msgspec.Struct, frozen=True):
    """Where a territory lies and whose it is; empty before it is defined."""

    name: str = ""
    branch: str = ""
    region: str = ""
    representative: str = ""
    since: date | None = None


def key(code: str) -> str:
    """The key of a territory's stream."""
    return f"territory-{code}"


def decide(territory: Territory, command: DefineTerritory | AssignRepresentative) -> list[Event]:
    """The same definition or assignment again writes nothing.

    Refused: territory-fixed, territory-undefined, assignment-out-of-order.
    """
    match command:
        case DefineTerritory() if territory.branch not in ("", command.branch):
            raise Refused(
                "territory-fixed",
                f"{command.code} lies in {territory.branch} for good, for its dealers' scope follows from that: "
                f"define a territory of another code in {command.branch}",
                branch=territory.branch,
            )
        case DefineTerritory():
            happened: Event = TerritoryDefined(**dict(command))
        case AssignRepresentative() if not territory.name:
            raise Refused("territory-undefined", f"define the territory {command.territory} before it is assigned")
        case AssignRepresentative() if territory.since is not None and command.since < territory.since:
            raise Refused(
                "assignment-out-of-order",
                f"{territory.representative} has it since {territory.since}: assign it from that day on or later",
            )
        case AssignRepresentative():
            happened = RepresentativeAssigned(**dict(command))
    return [] if evolve(territory, happened) == territory else [happened]


def evolve(territory: Territory, event: Event) -> Territory:
    """What is then so."""
    match event:
        case TerritoryDefined():
            return msgspec.structs.replace(territory, name=event.name, branch=event.branch, region=event.region)
        case RepresentativeAssigned():
            return msgspec.structs.replace(territory, representative=event.representative, since=event.since)
        case _:
            return territory


TERRITORY = Decider(owner="customer-registry", category="territory", state=Territory, decide=decide, evolve=evolve)
