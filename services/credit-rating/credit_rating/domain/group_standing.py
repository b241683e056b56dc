"""What the handler gathered of a dealer's owner group before an order is checked."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from .money import NOTHING


class Others(BaseModel):
    """The other dealers of a group together: how many, what they owe (`owed`: before credit), their exposure.

    `on_credit`: released orders on credit, not yet invoiced; `own_money`: money that no prepaid order rests
    on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    dealers: int = 0
    owed: Decimal = NOTHING
    exposure: Decimal = NOTHING
    on_credit: Decimal = NOTHING
    own_money: Decimal = NOTHING


class GroupStanding(BaseModel):
    """A dealer's group: its limit on the day (None: none), the others, and how many checks of it released an order.

    `checks` must count no release whose order is not among what the others hold: the next number is claimed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str
    checks: int
    limit: Decimal | None
    others: Others
