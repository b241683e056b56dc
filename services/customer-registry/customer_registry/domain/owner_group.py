"""An owner group (集团): defined once, renamed at will; dealers join and leave it in their own files (2.7)."""

from __future__ import annotations

from datetime import date

import msgspec

from events.catalogue import Event
from events.decider import Decider, Refused
from events.fields import Code, Name, Said
from events.types.customer_registry import DealerJoinedGroup, DealerLeftGroup, OwnerGroupDefined

from .command import Command, OwnCode


class DefineGroup(Command):
    """Let there be an owner group of this code, or give it this name."""

    code: OwnCode
    name: Name


class JoinGroup(Command):
    """The dealer belongs to this group from today on."""

    group: OwnCode
    reason: Said
    by: Code
    on: date


class LeaveGroup(Command):
    """The dealer belongs to its group no more."""

    reason: Said
    by: Code
    on: date


class OwnerGroup(msgspec.Struct, frozen=True):
    """The name of a group; empty before it is defined."""

    name: str = ""


def key(code: str) -> str:
    """The key of a group's stream."""
    return f"group-{code}"


def moved(group: str, command: JoinGroup | LeaveGroup) -> Event:
    """What happens to a dealer of `group` (empty: of none). Refused: in-a-group, in-no-group."""
    match command:
        case JoinGroup() if group:
            raise Refused("in-a-group", f"the dealer belongs to {group}: let it leave that group first", group=group)
        case JoinGroup():
            return DealerJoinedGroup(**dict(command))
        case LeaveGroup() if not group:
            raise Refused("in-no-group", "the dealer belongs to no owner group: there is nothing to leave")
        case LeaveGroup():
            return DealerLeftGroup(group=group, **dict(command))


def decide(group: OwnerGroup, command: DefineGroup) -> list[Event]:
    """The same definition again writes nothing."""
    defined = OwnerGroupDefined(code=command.code, name=command.name)
    return [] if evolve(group, defined) == group else [defined]


def evolve(group: OwnerGroup, event: Event) -> OwnerGroup:
    """What is then so."""
    match event:
        case OwnerGroupDefined():
            return OwnerGroup(event.name)
        case _:
            return group


OWNER_GROUP = Decider(owner="customer-registry", category="group", state=OwnerGroup, decide=decide, evolve=evolve)
