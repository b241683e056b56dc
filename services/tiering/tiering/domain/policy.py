"""The tiering policy: where the classes are cut and what each class gets, as a document that users can change.

Source: domain.md 3.2 and 3.6 (*policy* numbers). It is published as an event; every decision names it by its hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from events.decider import Refused
from events.fields import Exact
from events.ids import canonical
from events.types.shapes import PolicyRef

from .abc import AbcClass, Cuts
from .periods import Cadence

SalesMeasure: TypeAlias = Literal["net_sales", "gross_sales"]
Cut = Annotated[Exact, Field(gt=0, le=100, decimal_places=2)]


class _Rules(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AbcRules(_Rules):
    """How ABC is measured and cut: A below `a_percent`, B below `b_percent` of the total."""

    measure: SalesMeasure = "net_sales"
    a_percent: Cut = Decimal(80)
    b_percent: Cut = Decimal(95)
    window_months: Annotated[int, Field(ge=1, le=60)] = 12

    @model_validator(mode="after")
    def _a_ends_before_b(self) -> Self:
        if self.a_percent >= self.b_percent:
            raise ValueError("a_percent must be below b_percent")
        return self

    @property
    def cuts(self) -> Cuts:
        """Where A and B end."""
        return Cuts(self.a_percent, self.b_percent)


class VisitStandard(_Rules):
    """How often a dealer of a class is visited: `visits` in every period."""

    every: Cadence
    visits: Annotated[int, Field(ge=1, le=15)] = 1


class ServiceStandard(_Rules):
    """What a class gets; an internal minimum, never on a document that a dealer sees."""

    visits: VisitStandard


class TieringPolicy(_Rules):
    """Everything that tiers depend on beside facts; in force from `effective_from` on."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
    version: Annotated[int, Field(ge=1, le=10**6)]
    effective_from: date
    abc: AbcRules
    service_standards: dict[AbcClass, ServiceStandard]

    @model_validator(mode="after")
    def _every_class_has_a_standard(self) -> Self:
        missing = {"A", "B", "C"} - set(self.service_standards)
        if missing:
            raise ValueError(f"service_standards lacks {', '.join(sorted(missing))}")
        return self


def read_policy(content: dict[str, Any]) -> TieringPolicy:
    """The policy that a document says. Raises Refused("policy-invalid") naming the path of every error."""
    try:
        return TieringPolicy.model_validate(content)
    except ValidationError as invalid:
        errors = [{"path": ".".join(map(str, each["loc"])), "problem": each["msg"]} for each in invalid.errors()]
        told = "; ".join(f"{each['path'] or 'policy'}: {each['problem']}" for each in errors)
        raise Refused("policy-invalid", f"correct the policy document: {told}", errors=errors) from None


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256, as hex, of the canonical form of a policy document, as it was published."""
    return sha256(canonical(content)).hexdigest()


def reference(content: dict[str, Any]) -> PolicyRef:
    """How a decision names the policy that it was taken under."""
    return PolicyRef(name=content["name"], version=content["version"], hash=content_hash(content))


def in_force(policies: Iterable[TieringPolicy], as_of: date) -> TieringPolicy | None:
    """Of the published versions the one in force at the end of `as_of`: the latest to take effect; None before all."""
    effective = [policy for policy in policies if policy.effective_from <= as_of]
    return max(effective, key=lambda policy: (policy.effective_from, policy.version), default=None)
