"""Rows of `/orders:bulk`: an order or its cancellation each, `kind` says which."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel

from credit_rating.closed import Closed
from credit_rating.documents import Reference
from events.fields import Amount, Code, Currency, Day, Said


class OrderLine(Closed):
    """An order, tax included; without `ordered_on` it is of today."""

    kind: Literal["order"]
    dealer: UUID | Reference
    number: Code
    amount: Amount
    currency: Currency
    prepaid: bool = False
    ordered_on: Day | None = None


class CancellationLine(Closed):
    """That the order `number` will not be delivered, from now on."""

    kind: Literal["cancellation"]
    dealer: UUID | Reference
    number: Code
    reason: Said


AnyLine: TypeAlias = OrderLine | CancellationLine


class OrdersLine(RootModel[AnyLine]):
    """A row of `/orders:bulk`: `kind` says what it is."""

    model_config = ConfigDict(frozen=True)
    root: Annotated[AnyLine, Field(discriminator="kind")]
