"""A branch (分支机构): defined in a region for good, renamed at will.

It does not change its region: every dealer of it was onboarded with that region, and who sees the dealer follows it.
"""

from __future__ import annotations

import msgspec

from events.catalogue import Event
from events.decider import Decider, Refused
from events.fields import Name
from events.types.customer_registry import BranchDefined

from .command import Command, OwnCode


class DefineBranch(Command):
    """Let there be a branch of this code in this region, or give it this name."""

    code: OwnCode
    name: Name
    region: OwnCode


class Branch(msgspec.Struct, frozen=True):
    """The name and region of a branch; empty before it is defined."""

    name: str = ""
    region: str = ""


def key(code: str) -> str:
    """The key of a branch's stream."""
    return f"branch-{code}"


def decide(branch: Branch, command: DefineBranch) -> list[Event]:
    """The same definition again writes nothing. Refused: branch-fixed."""
    if branch.region not in ("", command.region):
        raise Refused(
            "branch-fixed",
            f"{command.code} lies in {branch.region} for good, for its dealers' scope follows from that: "
            f"define a branch of another code in {command.region}",
            region=branch.region,
        )
    defined = BranchDefined(code=command.code, name=command.name, region=command.region)
    return [] if evolve(branch, defined) == branch else [defined]


def evolve(branch: Branch, event: Event) -> Branch:
    """What is then so."""
    match event:
        case BranchDefined():
            return Branch(event.name, event.region)
        case _:
            return branch


BRANCH = Decider(owner="customer-registry", category="branch", state=Branch, decide=decide, evolve=evolve)
