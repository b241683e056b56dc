"""The tiering policy: where the classes are cut and what each class gets, as a document that users can change.

Source: domain.md 3.2 and 3.6 (*policy* numbers). It is published as an event; every decision names it by its hash.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from events.fields import Exact
from rules.policy import Policy

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


class TieringPolicy(Policy):
    """Everything that tiers depend on beside facts; in force from `effective_from` on."""

    abc: AbcRules
    service_standards: dict[AbcClass, ServiceStandard]

    @model_validator(mode="after")
    def _every_class_has_a_standard(self) -> Self:
        missing = {"A", "B", "C"} - set(self.service_standards)
        if missing:
            raise ValueError(f"service_standards lacks {', '.join(sorted(missing))}")
        return self
