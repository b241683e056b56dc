"""The published versions of one tiering policy: each new, valid, effective later than the last, and never changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec

from events.catalogue import Event
from events.decider import Decider, Refused
from events.fields import Code
from events.types.tiering import TieringPolicyPublished

from .command import Command
from .policy import content_hash, read_policy


class PublishPolicy(Command):
    """Publish a policy document; it names itself, its version and the day from which it is in force."""

    name: Code
    content: dict[str, Any]


class PolicyFile(msgspec.Struct, frozen=True):
    """What was published last."""

    version: int = 0
    effective_from: date | None = None
    hash: str = ""


def key(name: str) -> str:
    """The key of a policy's stream."""
    return f"policy-{name}"


def decide(file: PolicyFile, command: PublishPolicy) -> list[Event]:
    """The version once more as it is writes nothing. Refused: policy-invalid, -misnamed, -version, -effective-from."""
    policy, content = read_policy(command.content), content_hash(command.content)
    if policy.name != command.name:
        raise Refused("policy-misnamed", f"the document names itself {policy.name}: publish it under that name")
    if (policy.version, content) == (file.version, file.hash):
        return []
    if policy.version <= file.version:
        raise Refused("policy-version", f"version {file.version} cannot change: give this document a higher version")
    if file.effective_from is not None and policy.effective_from <= file.effective_from:
        raise Refused(
            "policy-effective-from",
            f"version {file.version} is in force from {file.effective_from}: let this one begin on a later day",
        )
    return [
        TieringPolicyPublished(
            name=policy.name,
            version=policy.version,
            effective_from=policy.effective_from,
            content=command.content,
            hash=content,
        )
    ]


def evolve(file: PolicyFile, event: Event) -> PolicyFile:
    """What is then so."""
    match event:
        case TieringPolicyPublished():
            return PolicyFile(event.version, event.effective_from, event.hash)
        case _:
            return file


POLICY_FILE = Decider(owner="tiering", category="policy", state=PolicyFile, decide=decide, evolve=evolve)
