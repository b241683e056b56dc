"""The published versions of one credit policy: each new, valid, effective later than the last, and never changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from events import CreditPolicyPublished, Event
from events.decider import Decider, Refused

from .policy import content_hash, read_policy


class PublishPolicy(BaseModel):
    """Publish a policy document; its content names itself, its version and the day from which it is in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    content: dict[str, Any]


class PolicyFile(msgspec.Struct, frozen=True):
    """What was published last."""

    version: int = 0
    effective_from: date | None = None


def decide(file: PolicyFile, command: PublishPolicy) -> list[Event]:
    """What happens on a command. A document that is no policy is refused with the path of each error."""
    policy = read_policy(command.content)
    if policy.name != command.name:
        raise Refused("policy-misnamed", f"The document names itself {policy.name}: publish it under that name.")
    if policy.version <= file.version:
        raise Refused(
            "policy-version-not-new",
            f"Version {file.version} is published and cannot change: give this document a higher version.",
            version=file.version,
        )
    if file.effective_from is not None and policy.effective_from <= file.effective_from:
        raise Refused(
            "policy-effective-too-early",
            f"Version {file.version} is in force from {file.effective_from}: let this one begin on a later day.",
            effective_from=file.effective_from.isoformat(),
        )
    return [
        CreditPolicyPublished(
            name=policy.name,
            version=policy.version,
            effective_from=policy.effective_from,
            content=command.content,
            hash=content_hash(command.content),
        )
    ]


def evolve(file: PolicyFile, event: Any) -> PolicyFile:
    """What is then so."""
    match event:
        case CreditPolicyPublished():
            return PolicyFile(event.version, event.effective_from)
        case _:
            return file


POLICY_FILE = Decider(owner="credit-rating", category="policy", state=PolicyFile, decide=decide, evolve=evolve)
