"""Sale lines: what we sold to a dealer (sell-in), what it sold on (sell-out), what came back, each accepted once.

A fact has no state: each command becomes one event and the natural key under which it is known for ever.
Source: domain.md 0 (identity, money), 3.1.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from events.decider import Refused
from events.fields import Code, Currency, Id, Name, Quantity, Said, UnitPrice
from events.types.tiering import Direction, InventoryReported, SaleLineReversed, SaleRecorded, SaleReturned

from .command import Command
from .exact import EXACT
from .sale_line import SaleLine

MOST_A_LINE = Decimal(10**12)
"""A line of a million million is a slip of the keyboard in any currency."""
LEAST_A_LINE = Decimal("0.000001")
"""Events write amounts with at most this grain; a free line (0) is a line."""


class _Line(Command):
    dealer: Id
    source: Code
    invoice: Code
    line: Annotated[int, Field(ge=1, le=10**6)] = 1
    """The k-th equal line of its invoice."""
    product: Code
    description: Name | None = None
    quantity: Quantity
    unit_price: UnitPrice
    currency: Currency
    sold_on: date
    direction: Direction = "sell_in"
    ship_to: Name | None = None
    ship_to_territory: Code | None = None


class RecordSale(_Line):
    """Record a line sold to the dealer, or by it, without VAT; quantity above 0, price 0 for free goods."""


class ReturnSale(_Line):
    """Record a line that came back; the quantity is positive here and in the event."""


class ReverseSaleLine(Command):
    """Take a line back for good; `line` is the id of its event."""

    dealer: Id
    line: Id
    reason: Said


class SalesFact(NamedTuple):
    """An event for the dealer's facts (sales, stock), and what makes it known for ever.

    `natural_key`: the parts of its command id. `stated`: what a repeat must say alike beside the key, else it is a
    conflict. The description is in neither: equal lines of an invoice may differ in it, and files bring them in any
    order.
    """

    event: SaleRecorded | SaleReturned | SaleLineReversed | InventoryReported
    natural_key: tuple[str, ...]
    stated: dict[str, Any]


def sales_fact(command: RecordSale | ReturnSale | ReverseSaleLine, *, currency: str, today: date) -> SalesFact:
    """The fact that a command states.

    `currency` is the installation's, `today` its business date.
    Raises Refused: currency-other, date-in-future, amount-absurd, amount-too-fine.
    """
    match command:
        case RecordSale():
            sold = SaleRecorded.model_construct(**_line(command, currency, today))
            return SalesFact(sold, _identity(command, command.quantity), _stated(command))
        case ReturnSale():
            returned = SaleReturned.model_construct(**_line(command, currency, today))
            return SalesFact(returned, _identity(command, -command.quantity), _stated(command))
        case ReverseSaleLine():
            reversal = SaleLineReversed(line=command.line, reason=command.reason)
            stated = {"dealer": command.dealer, "line": command.line}
            return SalesFact(reversal, ("sale-line-reversed", command.line), stated)


def _stated(command: _Line) -> dict[str, Any]:
    """Direction and places only where they are said, so that a line says the same as before they could be."""
    said = {"dealer": command.dealer, "currency": command.currency, "sold_on": command.sold_on}
    goods = {
        "direction": None if command.direction == "sell_in" else command.direction,
        "ship_to": command.ship_to,
        "ship_to_territory": command.ship_to_territory,
    }
    return said | {name: value for name, value in goods.items() if value is not None}


def _identity(command: _Line, signed_quantity: Decimal) -> tuple[str, ...]:
    line = SaleLine(command.source, command.invoice, command.product, signed_quantity, command.unit_price)
    return line.identity(command.line)


def _line(command: _Line, currency: str, today: date) -> dict[str, Any]:
    if command.currency != currency:
        raise Refused("currency-other", f"this installation keeps {currency}: convert the {command.currency} first")
    if command.sold_on > today + timedelta(days=1):
        raise Refused("date-in-future", f"{command.sold_on} is more than a day after {today}: correct the date")
    return {
        "source": command.source,
        "invoice": command.invoice,
        "line": command.line,
        "product": command.product,
        "description": command.description,
        "quantity": command.quantity,
        "unit_price": command.unit_price,
        "amount": _amount(command.quantity, command.unit_price),
        "currency": command.currency,
        "sold_on": command.sold_on,
        "direction": command.direction,
        "ship_to": command.ship_to,
        "ship_to_territory": command.ship_to_territory,
    }


def _amount(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Quantity × unit price, exactly, with all decimals of both."""
    amount = EXACT.multiply(quantity, unit_price)
    if amount > MOST_A_LINE:
        raise Refused("amount-absurd", f"quantity × unit price is {amount}: check both, or split the line")
    if 0 < amount < LEAST_A_LINE:
        raise Refused("amount-too-fine", f"quantity × unit price is {amount:f}, below a millionth: use a larger unit")
    return amount
