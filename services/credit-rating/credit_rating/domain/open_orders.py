"""The open orders of one dealer, and what invoices named of orders that are not open (domain.md 2.7).

An invoice uses its order's reservation once, whatever comes first: the order, its release or the invoice. What an
invoice names beyond what is left of an open order stays *ahead*, by the order's number, and an order placed afterwards
reserves so much less. A return gives back what is ahead first.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from events import (
    GroupChecksEnded,
    GroupChecksStarted,
    OrderCancelled,
    OrderHoldReleased,
    OrderPlaced,
    OrderReleased,
    ReservationReturned,
    ReservationUsed,
)

from .credit_check import Reserved
from .money import NOTHING

MOST_AHEAD = 200
"""Numbers of orders that are not open, of which invoices are kept in mind, the latest: an order placed later than 200
others that were invoiced and never placed reserves all of its amount, which errs on the safe side."""


class OpenOrder(msgspec.Struct, frozen=True):
    """An order that is neither cancelled nor, once released, invoiced in full; `invoiced` is at most its amount."""

    amount: Decimal
    prepaid: bool
    released: bool = False
    invoiced: Decimal = NOTHING

    @property
    def left(self) -> Decimal:
        """What is not invoiced yet."""
        return self.amount - self.invoiced

    @property
    def reserved(self) -> Decimal:
        """Headroom or prepayment that it holds: none while it is held."""
        return self.left if self.released else NOTHING


class Orders(msgspec.Struct, frozen=True):
    """The dealer's open orders by number, and the owner group that they are checked with (empty: none).

    `ahead`: by an order's number what invoices named that no open order had left.
    """

    open: dict[str, OpenOrder] = {}
    group: str = ""
    ahead: dict[str, Decimal] = {}

    @property
    def reserved(self) -> Reserved:
        """Released orders not yet invoiced."""
        return Reserved(
            on_credit=sum((each.reserved for each in self.open.values() if not each.prepaid), NOTHING),
            prepaid=sum((each.reserved for each in self.open.values() if each.prepaid), NOTHING),
        )

    def ahead_of(self, number: str) -> Decimal:
        """What invoices named of this order beyond what was left of it."""
        return self.ahead.get(number, NOTHING)


def evolve(orders: Orders, event: Any) -> Orders:
    """What is then so."""
    match event:
        case OrderPlaced(number=number):
            invoiced = event.invoiced or NOTHING
            order = OpenOrder(event.amount, event.prepaid, invoiced=invoiced)
            return _with(_ahead(orders, number, -invoiced), number, order)
        case OrderReleased(number=number) | OrderHoldReleased(number=number):
            return _with(orders, number, msgspec.structs.replace(orders.open[number], released=True))
        case OrderCancelled(number=number):
            return _with(orders, number, None)
        case ReservationUsed(order=number, amount=amount):
            rest = _ahead(orders, number, event.beyond or NOTHING)
            if amount == 0:
                return rest
            order = rest.open[number]
            return _with(rest, number, msgspec.structs.replace(order, invoiced=order.invoiced + amount))
        case ReservationReturned(order=number, amount=amount):
            order = orders.open.get(number, OpenOrder(amount, event.prepaid, released=True, invoiced=amount))
            back = msgspec.structs.replace(order, invoiced=order.invoiced - amount)
            return _with(_ahead(orders, number, -(event.beyond or NOTHING)), number, back)
        case GroupChecksStarted(group=group):
            return msgspec.structs.replace(orders, group=group)
        case GroupChecksEnded():
            return msgspec.structs.replace(orders, group="")
        case _:
            return orders


def _ahead(orders: Orders, number: str, amount: Decimal) -> Orders:
    if amount == 0:
        return orders
    others = {name: each for name, each in orders.ahead.items() if name != number}
    left = orders.ahead_of(number) + amount
    ahead = {**others, number: left} if left > 0 else others
    return msgspec.structs.replace(orders, ahead=dict(list(ahead.items())[-MOST_AHEAD:]))


def _with(orders: Orders, number: str, order: OpenOrder | None) -> Orders:
    """The order as it is now; one that is released and invoiced in full is open no more."""
    others = {name: each for name, each in orders.open.items() if name != number}
    done = order is None or (order.released and order.left == 0)
    return msgspec.structs.replace(orders, open=others if done else {**others, number: order})
