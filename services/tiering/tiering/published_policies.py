"""The policies as published: read from the log itself, and the shipped one published once, at start-up."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from typing import Any

from eventlog.log import Log
from eventlog.meta import Meta, Written
from events import TieringPolicyPublished, decode
from events.decider import Refused
from events.fields import free_json
from events.ids import command_id, request_hash
from tiering.domain.policy import TieringPolicy, in_force, read_policy
from tiering.domain.policy_file import POLICY_FILE, PublishPolicy, key

NAME = "tiering"
SHIPPED = "tiering-2026-01.json"
ACTOR = "dealerlog"


def shipped_policy() -> dict[str, Any]:
    """The content of the policy that comes with this release."""
    content: dict[str, Any] = json.loads(files("tiering").joinpath("policies", SHIPPED).read_text(encoding="utf-8"))
    return content


async def publish_shipped(log: Log, today: date) -> Written | None:
    """Publish the shipped policy unless it, or any later version, was published; a repeat writes nothing."""
    content = shipped_policy()
    state, _ = await log.state(POLICY_FILE, key(NAME))
    if state.version >= content["version"]:
        return None
    command = PublishPolicy(name=NAME, content=free_json(content))
    meta = Meta(
        actor=ACTOR,
        business_date=today,
        command_id=command_id("tiering", "shipped-policy", NAME, str(content["version"])),
        request_hash=request_hash(command),
        correlation=f"shipped-{SHIPPED}",
    )
    return await log.handle(POLICY_FILE, key(NAME), command, meta)


async def published(log: Log, name: str = NAME) -> list[TieringPolicyPublished]:
    """Every published version, oldest first."""
    events = [decode(row.document).event for row in await log.read_stream(f"{key(name)}/policy")]
    return [event for event in events if isinstance(event, TieringPolicyPublished)]


async def policy_in_force(log: Log, as_of: date) -> TieringPolicyPublished:
    """The version in force at the end of a day; refuses while there is none."""
    versions = {event.version: event for event in await published(log)}
    found = in_force((read_policy(event.content) for event in versions.values()), as_of)
    if found is None:
        raise Refused("no-policy", f"no tiering policy is in force on {as_of}: publish one first")
    return versions[found.version]


async def policy_of(log: Log, name: str, version: int, content_hash: str) -> TieringPolicy:
    """The policy that a decision names; refuses if what was published is another content."""
    for event in await published(log, name):
        if (event.version, event.hash) == (version, content_hash):
            return read_policy(event.content)
    raise Refused("unknown-policy", f"policy {name} version {version} with that content was never published")
