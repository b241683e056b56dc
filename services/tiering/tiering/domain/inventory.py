"""Stock at a dealer's, as it is reported: each report once, and what of it is consigned.

Source: domain.md 3.1; consigned stock of an agent counts in its exposure, tax included (2.7).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from events.decider import Refused
from events.fields import Code, Currency, Id, Quantity, Used
from events.types.tiering import InventoryReported, StockLine

from .command import Command
from .sale import SalesFact

MOST_LINES = 300
"""As many as fit into an event; goods of little value are reported together under one code."""
MOST_IN_STOCK = Decimal(10**12)
"""More than a million million in one stock is a slip of the keyboard in any currency."""


class Stock(Command):
    """Goods of one product: how many, what they are worth with VAT, and whether they are consigned."""

    product: Code
    quantity: Quantity
    value: Used
    consigned: bool = False


class ReportInventory(Command):
    """Report all that a dealer had in stock at the end of a day."""

    dealer: Id
    source: Code
    number: Code
    as_of: date
    currency: Currency
    lines: Annotated[tuple[Stock, ...], Field(max_length=MOST_LINES)] = ()


def inventory_fact(command: ReportInventory, *, currency: str, today: date) -> SalesFact:
    """The fact that a report states; in what order its lines come makes no difference.

    `currency` is the installation's, `today` its business date.
    Raises Refused: currency-other, date-in-future, amount-absurd.
    """
    if command.currency != currency:
        raise Refused("currency-other", f"this installation keeps {currency}: convert the {command.currency} first")
    if command.as_of > today + timedelta(days=1):
        raise Refused("date-in-future", f"{command.as_of} is more than a day after {today}: correct the date")
    lines = sorted((StockLine.model_construct(**dict(each)) for each in command.lines), key=_order)
    value = sum((each.value for each in lines), Decimal(0))
    if value > MOST_IN_STOCK:
        raise Refused("amount-absurd", f"the stock is worth {value}: check the values of its lines")
    event = InventoryReported.model_construct(
        source=command.source,
        number=command.number,
        as_of=command.as_of,
        currency=command.currency,
        lines=tuple(lines),
        value=value,
        consigned_value=sum((each.value for each in lines if each.consigned), Decimal(0)),
    )
    stated = {
        "dealer": command.dealer,
        "as_of": command.as_of,
        "currency": command.currency,
        "lines": lines,
    }
    return SalesFact(event, ("inventory-report", command.source, command.number), stated)


def _order(line: StockLine) -> tuple[str, bool, Decimal, Decimal]:
    """Lines in an order of their own."""
    return line.product, line.consigned, line.quantity, line.value
