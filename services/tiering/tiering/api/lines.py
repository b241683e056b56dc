"""Bodies and answers of sale lines."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from events.fields import Code, Currency, Day, Name, Quantity, Said, UnitPrice
from events.types.tiering import Direction
from tiering.dealers_named import Named


class LineGiven(BaseModel):
    """A line without VAT; quantity above 0 also in a return. `line`: the k-th equal line of its invoice.

    `sell_in`: ours to the dealer; `sell_out`: the dealer's to its customer. `ship_to`: the place that the goods went
    to, `ship_to_territory` the code of its territory.
    """

    model_config = ConfigDict(extra="forbid")
    dealer: Named
    source: Code
    invoice: Code
    line: Annotated[int, Field(ge=1, le=10**6)] = 1
    product: Code
    description: Name | None = None
    quantity: Quantity
    unit_price: UnitPrice
    currency: Currency
    sold_on: Day
    direction: Direction = "sell_in"
    ship_to: Name | None = None
    ship_to_territory: Code | None = None


class LineRow(LineGiven):
    """A row of a bulk write."""

    kind: Literal["sale", "return"]


class Reversal(BaseModel):
    """Why a line is taken back."""

    model_config = ConfigDict(extra="forbid")
    reason: Said


class LineRecorded(BaseModel):
    """What became of a line; `event` is the one that counts."""

    verdict: Literal["accepted", "duplicate"]
    event: UUID


class LineView(BaseModel):
    """A line as it was recorded; in a return quantity and amount are negative."""

    event: UUID
    kind: str
    source: str
    invoice: str
    line: int
    product: str
    description: str | None
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    currency: str
    sold_on: date
    direction: str
    ship_to: str | None
    ship_to_territory: str | None
    reversed: bool
