"""The credit policy as a whole: read from its JSON content, refused with the path of each error, known by its hash."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Annotated, Any

from pydantic import Field, ValidationError

from events.decider import Refused
from events.ids import canonical
from events.types.shapes import PolicyRef

from .grade_table import GradeTable
from .standing import AgeingRule, CheckRule, LimitRule
from .thresholds import IndicatorRules, Rule


class CreditPolicy(Rule):
    """Everything that credit decisions depend on beside facts; in force from `effective_from` on."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    version: Annotated[int, Field(ge=1, le=10**6)]
    effective_from: date
    indicators: IndicatorRules
    grades: GradeTable
    limit: LimitRule
    check: CheckRule
    ageing: AgeingRule


def read_policy(content: dict[str, Any]) -> CreditPolicy:
    """The policy that a document says. Raises Refused("policy-invalid") naming the path of every error."""
    try:
        return CreditPolicy.model_validate(content)
    except ValidationError as invalid:
        errors = [{"path": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in invalid.errors()]
        told = "; ".join(f"{e['path'] or 'policy'}: {e['problem']}" for e in errors)
        raise Refused("policy-invalid", f"Correct the policy document: {told}.", errors=errors) from None


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a policy's content, lower-case hex."""
    return sha256(canonical(content)).hexdigest()


def reference(content: dict[str, Any]) -> PolicyRef:
    """How a decision names the policy it was taken under."""
    return PolicyRef(name=content["name"], version=content["version"], hash=content_hash(content))


def in_force(policies: Iterable[CreditPolicy], as_of: date) -> CreditPolicy | None:
    """Of the published versions the one in force at the end of `as_of`: the latest to take effect."""
    effective = [policy for policy in policies if policy.effective_from <= as_of]
    return max(effective, key=lambda policy: (policy.effective_from, policy.version), default=None)
