"""The 5C assessment by policy: weights, how long one counts, and whether a low one caps the grade (domain.md 2.6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from .thresholds import MonthCount, Rule, Share

FIFTH = Decimal("0.2")


class Weights(Rule):
    """Shares that add up to 1."""

    character: Share = FIFTH
    capacity: Share = FIFTH
    capital: Share = FIFTH
    collateral: Share = FIFTH
    conditions: Share = FIFTH

    @model_validator(mode="after")
    def _adds_up(self) -> Weights:
        if (total := sum(share for _, share in self)) != 1:
            raise ValueError(f"weights must add up to 1, not {total}")
        return self


class Cap(Rule):
    """A total below `below` gives no grade better than `grade`."""

    below: Annotated[Decimal, Field(ge=0, le=100, decimal_places=1)]
    grade: Annotated[int, Field(ge=2, le=5)]


class FiveCRule(Rule):
    """An assessment counts for so many months; without `cap` it is kept beside the grade and changes nothing."""

    weights: Weights = Weights()
    valid_months: MonthCount = 12
    cap: Cap | None = None
