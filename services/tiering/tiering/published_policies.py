"""The policies as published, read from the log itself: which one is in force, and the one that a decision names."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from eventlog.log import Log
from events import TieringPolicyPublished, decode
from events.decider import Refused
from rules.policy import in_force, key
from service.policies import Policies
from tiering.domain.policy import TieringPolicy
from tiering.domain.policy_file import POLICY_FILE

POLICIES = Policies("tiering", POLICY_FILE, TieringPolicy, files("tiering") / "policies/tiering-2026-01.json")


async def published(log: Log, name: str = POLICIES.name) -> list[TieringPolicyPublished]:
    """Every published version, oldest first."""
    events = [decode(row.document).event for row in await log.read_stream(f"{key(name)}/policy")]
    return [event for event in events if isinstance(event, TieringPolicyPublished)]


async def policy_in_force(log: Log, as_of: date) -> TieringPolicyPublished:
    """The version in force at the end of a day; refuses while there is none."""
    versions = {event.version: event for event in await published(log)}
    found = in_force((TieringPolicy.read(event.content) for event in versions.values()), as_of)
    if found is None:
        raise Refused("no-policy", f"no tiering policy is in force on {as_of}: publish one first")
    return versions[found.version]


async def policy_of(log: Log, name: str, version: int, content_hash: str) -> TieringPolicy:
    """The policy that a decision names; refuses if what was published is another content."""
    for event in await published(log, name):
        if (event.version, event.hash) == (version, content_hash):
            return TieringPolicy.read(event.content)
    raise Refused("unknown-policy", f"policy {name} version {version} with that content was never published")
