"""A sales representative (业务员): registered in a branch, renamed or moved at will."""

from __future__ import annotations

import msgspec

from events.catalogue import Event
from events.decider import Decider
from events.fields import Name
from events.types.customer_registry import RepresentativeRegistered

from .command import Command, OwnCode


class RegisterRepresentative(Command):
    """Let this login be a representative of this branch, or give it this name or branch."""

    login: OwnCode
    name: Name
    branch: OwnCode


class Representative(msgspec.Struct, frozen=True):
    """The name and branch of a representative; empty before the registration."""

    name: str = ""
    branch: str = ""


def key(login: str) -> str:
    """The key of a representative's stream."""
    return f"representative-{login}"


def decide(representative: Representative, command: RegisterRepresentative) -> list[Event]:
    """The same registration again writes nothing."""
    registered = RepresentativeRegistered(login=command.login, name=command.name, branch=command.branch)
    return [] if evolve(representative, registered) == representative else [registered]


def evolve(representative: Representative, event: Event) -> Representative:
    """What is then so."""
    match event:
        case RepresentativeRegistered():
            return Representative(event.name, event.branch)
        case _:
            return representative


REPRESENTATIVE = Decider(
    owner="customer-registry", category="representative", state=Representative, decide=decide, evolve=evolve
)
