"""Orders of one dealer: placed, then released (which reserves headroom) or held with every reason (domain.md 2.7).

A hold is released by somebody entitled, with a reason, in spite of what holds the order.

The state holds open orders only. Every check is a write to this one stream at an expected version, so two checks at
once can never spend the same headroom; an order number is claimed for good, so it is placed once. A dealer of an owner
group is checked against the group as well, and a release claims the next number of the group's checks: of two that saw
the same headroom, in whatever streams, one loses and is decided again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from events import (
    Event,
    GroupChecksEnded,
    GroupChecksStarted,
    HoldReason,
    OrderCancelled,
    OrderCheckedWithGroup,
    OrderHeld,
    OrderHoldReleased,
    OrderPlaced,
    OrderReleased,
    ReservationReturned,
    ReservationUsed,
)
from events.decider import Claims, Decider, Refused

from .credit_check import Reserved, Standing, checked_against, hold_reasons
from .group_check import checked_with_group, group_reasons
from .money import NOTHING


class Command(BaseModel):
    """What is asked of a dealer's orders."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceOrder(Command):
    """The dealer orders, tax included; `standing` is what was gathered as of `ordered_on`."""

    number: str
    amount: Decimal = Field(gt=0, decimal_places=2)
    currency: str
    prepaid: bool = False
    ordered_on: date
    standing: Standing


class ReleaseHold(Command):
    """Somebody entitled lets a held order go in spite of what holds it; `standing` as of the day of the release."""

    number: str
    reason: str
    by: str
    standing: Standing


class CancelOrder(Command):
    """The order will not be delivered; what it still reserves is free."""

    number: str
    reason: str


class UseReservation(Command):
    """An invoice names the order: from a reaction to `InvoiceIssued`.

    Writes an event even where nothing is left to use, so that a reaction that runs again after a restore finds it done.
    """

    order: str
    invoice: str
    amount: Decimal


class Taken(BaseModel):
    """What an invoice took of an order that was not cancelled since."""

    model_config = ConfigDict(frozen=True)

    order: str
    invoice: str
    amount: Decimal
    prepaid: bool


class ReturnReservation(Command):
    """The invoice whose `ReservationUsed` has the id `use` was taken back: from a reaction to `LedgerEntryReversed`.

    `taken` comes from the stream itself, for the state lets go of an order that is invoiced in full.
    """

    use: str
    taken: Taken | None = None


class CheckWithGroup(Command):
    """The dealer joined an owner group, or (None) left it: from a reaction to the registry."""

    group: str | None


OrderCommand: TypeAlias = PlaceOrder | ReleaseHold | CancelOrder | UseReservation | ReturnReservation | CheckWithGroup


class OpenOrder(msgspec.Struct, frozen=True):
    """An order neither cancelled nor invoiced in full: what it reserves (0 while held)."""

    amount: Decimal
    prepaid: bool
    released: bool = False

    @property
    def reserved(self) -> Decimal:
        """Headroom or prepayment that it holds."""
        return self.amount if self.released else NOTHING


class Orders(msgspec.Struct, frozen=True):
    """The dealer's open orders by number, and the owner group that they are checked with (empty: none)."""

    open: dict[str, OpenOrder] = {}
    group: str = ""

    @property
    def reserved(self) -> Reserved:
        """Released orders not yet invoiced."""
        return Reserved(
            on_credit=sum((each.reserved for each in self.open.values() if not each.prepaid), NOTHING),
            prepaid=sum((each.reserved for each in self.open.values() if each.prepaid), NOTHING),
        )


def decide(orders: Orders, command: OrderCommand) -> list[Event]:
    """What happens on a command."""
    match command:
        case PlaceOrder():
            return _place(orders, command)
        case ReleaseHold():
            return _hold_released(orders, command)
        case CancelOrder(number=number, reason=reason):
            if number not in orders.open:
                raise Refused(
                    "order-not-open", f"Order {number} is not open: nothing is left to cancel.", number=number
                )
            return [OrderCancelled(number=number, reason=reason)]
        case UseReservation(order=number, invoice=invoice, amount=amount):
            return [ReservationUsed(order=number, invoice=invoice, amount=_usable(orders, number, amount))]
        case ReturnReservation(taken=back):
            return [] if back is None else [ReservationReturned(**dict(back))]
        case CheckWithGroup(group=group) if group is not None:
            return [GroupChecksStarted(group=group)]
        case CheckWithGroup():
            return [GroupChecksEnded(group=orders.group)] if orders.group else []


def _place(orders: Orders, order: PlaceOrder) -> list[Event]:
    if order.number in orders.open:
        raise Refused("order-known", f"Order {order.number} is already open: give this one a number of its own.")
    if order.standing.as_of != order.ordered_on:
        raise Refused("standing-of-another-day", f"Gather the standing as of {order.ordered_on}, the day of the order.")
    _of_its_group(orders, order.standing)
    placed = OrderPlaced(
        number=order.number,
        amount=order.amount,
        currency=order.currency,
        prepaid=order.prepaid,
        ordered_on=order.ordered_on,
    )
    check = checked_against(order.standing, orders.reserved)
    reasons = _reasons(order.amount, order.prepaid, order.standing, orders.reserved)
    with_group = checked_with_group(order.number, order.standing, orders.reserved, released=not reasons)
    if reasons:
        held = OrderHeld(number=order.number, amount=order.amount, reasons=tuple(reasons), check=check)
        return [placed, held, *with_group]
    return [placed, OrderReleased(number=order.number, amount=order.amount, check=check), *with_group]


def _reasons(amount: Decimal, prepaid: bool, standing: Standing, reserved: Reserved) -> list[HoldReason]:
    """Every reason at once, the dealer's own and its group's."""
    own = hold_reasons(amount, prepaid, standing, reserved)
    return [*own, *group_reasons(amount, prepaid, standing, reserved)]


def _of_its_group(orders: Orders, standing: Standing) -> None:
    if orders.group != (standing.group.group if standing.group else ""):
        raise Refused("standing-of-another-group", "Gather the standing with the dealer's owner group.", retryable=True)


def _hold_released(orders: Orders, asked: ReleaseHold) -> list[Event]:
    order = orders.open.get(asked.number)
    if order is None or order.released:
        raise Refused(
            "order-not-held", f"Order {asked.number} is not held: there is nothing to release.", number=asked.number
        )
    _of_its_group(orders, asked.standing)
    released = OrderHoldReleased(
        number=asked.number,
        amount=order.amount,
        reasons=tuple(_reasons(order.amount, order.prepaid, asked.standing, orders.reserved)),
        check=checked_against(asked.standing, orders.reserved),
        reason=asked.reason,
        by=asked.by,
    )
    return [released, *checked_with_group(asked.number, asked.standing, orders.reserved, released=True)]


def _usable(orders: Orders, number: str, amount: Decimal) -> Decimal:
    """What an invoice uses up of its order: at most what is left of it; 0 if nothing is reserved.

    Once, because the command's id is that of the `InvoiceIssued`, which a ledger holds once by (source, number). Its
    number alone would not tell: another source may use the same.
    """
    order = orders.open.get(number)
    return NOTHING if order is None else min(order.reserved, amount)


def evolve(orders: Orders, event: Any) -> Orders:
    """What is then so."""
    match event:
        case OrderPlaced(number=number):
            return _with(orders, number, OpenOrder(event.amount, event.prepaid))
        case OrderReleased(number=number) | OrderHoldReleased(number=number):
            return _with(orders, number, msgspec.structs.replace(orders.open[number], released=True))
        case OrderCancelled(number=number):
            return _with(orders, number, None)
        case ReservationUsed(order=number, amount=amount) if amount > 0:
            order = orders.open[number]
            rest = msgspec.structs.replace(order, amount=order.amount - amount)
            return _with(orders, number, rest if rest.amount > 0 else None)
        case ReservationReturned(order=number):
            left = orders.open.get(number, OpenOrder(NOTHING, event.prepaid, released=True))
            return _with(orders, number, msgspec.structs.replace(left, amount=left.amount + event.amount))
        case GroupChecksStarted(group=group):
            return msgspec.structs.replace(orders, group=group)
        case GroupChecksEnded():
            return msgspec.structs.replace(orders, group="")
        case _:
            return orders


def _with(orders: Orders, number: str, order: OpenOrder | None) -> Orders:
    others = {name: each for name, each in orders.open.items() if name != number}
    return msgspec.structs.replace(orders, open=others if order is None else {**others, number: order})


def taken(use: str, events: Iterable[tuple[str, Any]]) -> Taken | None:
    """What the invoice behind the `ReservationUsed` of this id took, told by a stream's (event id, event), in order.

    None: it took nothing, or its order was cancelled since and reserves nothing more.
    """
    prepaid: dict[str, bool] = {}
    found: Taken | None = None
    for identity, event in events:
        match event:
            case OrderPlaced(number=number):
                prepaid[number] = event.prepaid
            case ReservationUsed(order=number, invoice=invoice, amount=amount) if identity == use and amount > 0:
                found = Taken(order=number, invoice=invoice, amount=amount, prepaid=prepaid[number])
            case OrderCancelled(number=number) if found is not None and found.order == number:
                return None
    return found


GROUP_CHECK = "group-check:"


def claims(event: Event) -> Claims:
    """An order number is taken once in the company, as is each check of a group that releases; none is given back."""
    match event:
        case OrderPlaced(number=number):
            return Claims(take=(f"order:{number}",))
        case OrderCheckedWithGroup(group=group, check=int(check)):
            return Claims(take=(f"{GROUP_CHECK}{group}:{check}",))
        case _:
            return Claims()


ORDERS = Decider(owner="credit-rating", category="orders", state=Orders, decide=decide, evolve=evolve, claims=claims)
