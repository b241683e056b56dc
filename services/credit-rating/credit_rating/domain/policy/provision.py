"""Bad-debt provision (坏账准备): which share of what is open is provided for, by days past due.

Source: domain.md 2.2 leaves the figures to policy. The defaults are a customary matrix: nothing while not due, then
0.5 %, 2 %, 5 %, 20 % and 50 % from the 1st, 31st, 61st, 91st and 121st day. The buckets are the rule's own, so that a
policy whose ageing has other columns keeps its meaning.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field, model_validator

from .thresholds import Rule, Share


class ProvisionRule(Rule):
    """Upper limits of the buckets in days, ascending from 0, and a share of each, the open end included."""

    limits: Annotated[tuple[int, ...], Field(min_length=2, max_length=12)] = (0, 30, 60, 90, 120)
    shares: Annotated[tuple[Share, ...], Field(min_length=3, max_length=13)] = (
        Decimal(0), Decimal("0.005"), Decimal("0.02"), Decimal("0.05"), Decimal("0.20"), Decimal("0.50"),
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> ProvisionRule:
        if self.limits[0] != 0 or list(self.limits) != sorted(set(self.limits)):
            raise ValueError("limits must start at 0 and ascend")
        if len(self.shares) != len(self.limits) + 1:
            raise ValueError("shares must be one more than limits: one a bucket, the open end included")
        if list(self.shares) != sorted(self.shares):
            raise ValueError("shares must not fall with the days past due")
        return self
