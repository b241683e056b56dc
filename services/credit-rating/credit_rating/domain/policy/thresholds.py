"""What the nine indicators are graded by (domain.md 2.3): each rule is the policy of one indicator."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..money import EXACT

Letter: TypeAlias = Literal["A", "B", "C"]


def _no_float(value: Any) -> Any:
    if isinstance(value, float | bool):
        raise ValueError("write a decimal as a string, not as a float")
    return value


Number = Annotated[Decimal, BeforeValidator(_no_float), Field(ge=0, lt=10**12, max_digits=18)]
Share = Annotated[Decimal, BeforeValidator(_no_float), Field(ge=0, le=1, max_digits=7)]
DayCount = Annotated[int, Field(ge=0, le=3650)]
MonthCount = Annotated[int, Field(ge=1, le=120)]


class Rule(BaseModel):
    """A part of the policy: closed, so that a misspelt member is refused and not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class AtLeast(Rule):
    """A from `A` up, B from `B` up, else C."""

    A: Number
    B: Number

    @model_validator(mode="after")
    def _descends(self) -> AtLeast:
        if self.A < self.B:
            raise ValueError("A must not be easier to reach than B")
        return self

    def letter(self, value: Decimal | int, parts: int = 1) -> Letter:
        """The grade of a figure; of a mean, its sum and the `parts` it is of: so nothing is rounded."""
        if value >= EXACT.multiply(self.A, parts):
            return "A"
        return "B" if value >= EXACT.multiply(self.B, parts) else "C"


class AnnualScale(AtLeast):
    """Money a year; a survey counts while it is at most so many months old."""

    survey_months: MonthCount
    window_months: MonthCount


class MonthlySales(AtLeast):
    """Money a month, mean of the last `months` full months."""

    months: MonthCount


class PaymentMethod(Rule):
    """`share` of the invoice value prepaid or cash: A; with credit to `credit_days`: B; over `months` full months."""

    share: Share
    credit_days: DayCount
    months: MonthCount


class OnTime(Rule):
    """So much of the value on time, and nothing later than so many days."""

    share: Share
    days_late: DayCount


class PaymentReputation(Rule):
    """Over invoices due in the window."""

    A: OnTime
    B: OnTime
    window_months: MonthCount

    @model_validator(mode="after")
    def _descends(self) -> PaymentReputation:
        if self.A.share < self.B.share or self.A.days_late > self.B.days_late:
            raise ValueError("A must not be easier to reach than B")
        return self


class GoodsFlow(Rule):
    """Shares of the sell-out with a known place that stay in the territory; below `known` there is no history."""

    A: Share
    B: Share
    known: Share

    @model_validator(mode="after")
    def _descends(self) -> GoodsFlow:
        if self.A < self.B:
            raise ValueError("A must not be easier to reach than B")
        return self


class Nature(Rule):
    """The letter of each nature of business."""

    state_owned: Letter
    listed: Letter
    chain: Letter
    company: Letter
    sole_trader: Letter


class Licences(Rule):
    """The letter of each state of the papers; one that expires within `expiring_days` makes them expiring."""

    complete_valid: Letter
    complete_expiring: Letter
    missing_or_expired: Letter
    expiring_days: DayCount = 90


class Premises(Rule):
    """The letter of each class of business premises."""

    local_owned: Letter
    local_leased: Letter
    not_local: Letter


class IndicatorRules(Rule):
    """One rule for each of the nine indicators, and the letter where there is no history."""

    annual_sales_scale: AnnualScale
    monthly_sales: MonthlySales
    payment_method: PaymentMethod
    payment_reputation: PaymentReputation
    business_nature: Nature
    licences: Licences
    premises: Premises
    years_in_business: AtLeast
    goods_flow: GoodsFlow
    no_history: Letter
