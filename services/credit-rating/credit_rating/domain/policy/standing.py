"""Limits, the credit check and ageing by policy (domain.md 2.2, 2.7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from .thresholds import DayCount, MonthCount, Number, Rule


class Coefficients(Rule):
    """By credit grade; 0 = cash only."""

    grade_1: Annotated[Number, Field(alias="1")]
    grade_2: Annotated[Number, Field(alias="2")]
    grade_3: Annotated[Number, Field(alias="3")]
    grade_4: Annotated[Number, Field(alias="4")]
    grade_5: Annotated[Number, Field(alias="5")]

    def of(self, grade: int) -> Decimal:
        """The coefficient of a grade 1–5."""
        return (self.grade_1, self.grade_2, self.grade_3, self.grade_4, self.grade_5)[grade - 1]


class Season(Rule):
    """Over so many full months, clipped to floor–ceiling."""

    months: MonthCount
    floor: Number
    ceiling: Number


class NewDealer(Rule):
    """Within so many full months of the first invoice: forecast × min(cap, start + per_quarter × quarters on time)."""

    months: MonthCount
    start: Number
    per_quarter: Number
    cap: Number


class LimitRule(Rule):
    """The factors of a credit limit; `unit` is what it is rounded down to."""

    short_months: MonthCount
    long_months: MonthCount
    term_base_days: Annotated[int, Field(ge=1, le=365)]
    coefficients: Coefficients
    season: Season
    new_dealer: NewDealer
    unit: Annotated[Number, Field(gt=0)]


class OverdueRule(Rule):
    """An order is held if what is more than `days` past due comes to `total` or more."""

    days: DayCount
    total: Number


class CheckRule(Rule):
    """What holds an order beside its limit."""

    overdue: OverdueRule
    cash_only_grade: Annotated[int, Field(ge=1, le=5)]


class AgeingRule(Rule):
    """Upper limits of the ageing columns, in days."""

    limits: Annotated[tuple[int, ...], Field(min_length=2, max_length=12)]

    @model_validator(mode="after")
    def _ascends(self) -> AgeingRule:
        if self.limits[0] != 0 or list(self.limits) != sorted(set(self.limits)):
            raise ValueError("limits must start at 0 and ascend")
        return self
