"""Policies: documents that users change without a release, each version immutable and in force from a day on.

A service declares the model of its document and the event that publishes it; how a version is read, known by its hash
and published is the same for all. Sources: domain.md ("policy" numbers), architecture.md 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Self, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events.catalogue import Event
from events.decider import Decider, Refused
from events.ids import canonical
from events.types.shapes import PolicyRef


class Policy(BaseModel):
    """What every policy says of itself; a service adds what its decisions depend on beside facts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    version: Annotated[int, Field(ge=1, le=10**6)]
    effective_from: date

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """The policy that a document says. Raises Refused("policy-invalid") naming the path of every error."""
        try:
            return cls.model_validate(content)
        except ValidationError as invalid:
            errors = [{"path": ".".join(map(str, each["loc"])), "problem": each["msg"]} for each in invalid.errors()]
            told = "; ".join(f"{each['path'] or 'policy'}: {each['problem']}" for each in errors)
            raise Refused("policy-invalid", f"Correct the policy document: {told}.", errors=errors) from None


Versions = TypeVar("Versions", bound=Policy)


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256, as hex, of the canonical form of a policy document, as it was published."""
    return sha256(canonical(content)).hexdigest()


def reference(content: dict[str, Any]) -> PolicyRef:
    """How a decision names the policy that it was taken under."""
    return PolicyRef(name=content["name"], version=content["version"], hash=content_hash(content))


def in_force(policies: Iterable[Versions], as_of: date) -> Versions | None:
    """Of the published versions the one in force at the end of `as_of`: the latest to take effect; None before all."""
    effective = [policy for policy in policies if policy.effective_from <= as_of]
    return max(effective, key=lambda policy: (policy.effective_from, policy.version), default=None)


class PublishPolicy(BaseModel):
    """Publish a policy document; its content names itself, its version and the day from which it is in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    content: dict[str, Any]


class PolicyFile(msgspec.Struct, frozen=True):
    """What was published last."""

    version: int = 0
    effective_from: date | None = None
    hash: str = ""


def key(name: str) -> str:
    """The key of a policy's stream."""
    return f"policy-{name}"


def policy_file(owner: str, model: type[Policy], published: type[Event]) -> Decider[PolicyFile, PublishPolicy]:
    """The decider of an owner's policies: each version new, valid, effective later than the last, and never changed."""

    def decide(file: PolicyFile, command: PublishPolicy) -> list[Event]:
        """The version once more as it is writes nothing."""
        policy, content = model.read(command.content), content_hash(command.content)
        if policy.name != command.name:
            raise Refused("policy-misnamed", f"The document names itself {policy.name}: publish it under that name.")
        if (policy.version, content) == (file.version, file.hash):
            return []
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
            published(
                name=policy.name,
                version=policy.version,
                effective_from=policy.effective_from,
                content=command.content,
                hash=content,
            )
        ]

    def evolve(file: PolicyFile, event: Any) -> PolicyFile:
        """What is then so."""
        is_new = isinstance(event, published)
        return PolicyFile(event.version, event.effective_from, event.hash) if is_new else file

    return Decider(owner=owner, category="policy", state=PolicyFile, decide=decide, evolve=evolve)
