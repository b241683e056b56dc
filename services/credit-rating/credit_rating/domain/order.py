"""Orders of one dealer: placed, then released (which reserves headroom) or held with every reason (domain.md 2.7).

A hold is released by somebody entitled, with a reason, in spite of what holds the order.

The state is in `open_orders`. Every check is a write to this one stream at an expected version, so two checks at once
can never spend the same headroom; an order number is claimed for good, so it is placed once. A dealer of an owner group
is checked against the group as well, and a release claims the next number of the group's checks: of two that saw the
same headroom, in whatever streams, one loses and is decided again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

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
from .open_orders import OpenOrder as OpenOrder
from .open_orders import Orders as Orders
from .open_orders import evolve

DAY_AHEAD = timedelta(days=1)
"""How far ahead of today an order may be dated, as any document."""


class Command(BaseModel):
    """What is asked of a dealer's orders."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlaceOrder(Command):
    """The dealer ordered on a day, tax included; `standing` is that of the day of the check, whatever day that was.

    An order that is told late is checked against what the dealer owes now: what was spent since is not there to spend.
    """

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
    """An invoice names the order, open or not: from a reaction to `InvoiceIssued`.

    Always writes an event, so that a reaction that runs again after a restore finds it done.
    """

    order: str
    invoice: str
    amount: Decimal


class Taken(BaseModel):
    """An invoice of this amount named an order that was not cancelled since.

    `used`: what all invoices took of the order by now; `prepaid` is that of the order. Not placed: 0 and no.
    """

    model_config = ConfigDict(frozen=True)

    order: str
    invoice: str
    amount: Decimal
    used: Decimal = NOTHING
    prepaid: bool = False


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
        case UseReservation():
            return [_used(orders, command)]
        case ReturnReservation(taken=back):
            return [] if back is None else [_returned(orders, back)]
        case CheckWithGroup(group=group) if group is not None:
            return [GroupChecksStarted(group=group)]
        case CheckWithGroup():
            return [GroupChecksEnded(group=orders.group)] if orders.group else []


def _place(orders: Orders, order: PlaceOrder) -> list[Event]:
    if order.number in orders.open:
        raise Refused("order-known", f"Order {order.number} is already open: give this one a number of its own.")
    today = order.standing.as_of
    if order.ordered_on > today + DAY_AHEAD:
        raise Refused("future-date", f"{order.ordered_on} lies more than a day ahead of {today}: correct the date.")
    _of_its_group(orders, order.standing)
    invoiced = min(order.amount, orders.ahead_of(order.number))
    placed = OrderPlaced(
        number=order.number,
        amount=order.amount,
        currency=order.currency,
        prepaid=order.prepaid,
        ordered_on=order.ordered_on,
        invoiced=invoiced or None,
    )
    check = checked_against(order.standing, orders.reserved)
    reasons = _reasons(order.amount - invoiced, order.prepaid, order.standing, orders.reserved)
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
        reasons=tuple(_reasons(order.left, order.prepaid, asked.standing, orders.reserved)),
        check=checked_against(asked.standing, orders.reserved),
        reason=asked.reason,
        by=asked.by,
    )
    return [released, *checked_with_group(asked.number, asked.standing, orders.reserved, released=True)]


def _used(orders: Orders, invoiced: UseReservation) -> ReservationUsed:
    """What an invoice uses of its order, held or released: at most what is left of it; the rest goes ahead.

    Once, because the command's id is that of the `InvoiceIssued`, which a ledger holds once by (source, number). Its
    number alone would not tell: another source may use the same.
    """
    order = orders.open.get(invoiced.order)
    amount = NOTHING if order is None else min(order.left, invoiced.amount)
    beyond = invoiced.amount - amount
    return ReservationUsed(order=invoiced.order, invoice=invoiced.invoice, amount=amount, beyond=beyond or None)


def _returned(orders: Orders, back: Taken) -> ReservationReturned:
    """What an invoice that was taken back returns: what went ahead of its order first, then what the order had left."""
    amount = min(max(NOTHING, back.amount - orders.ahead_of(back.order)), back.used)
    return ReservationReturned(
        order=back.order,
        invoice=back.invoice,
        amount=amount,
        beyond=back.amount - amount or None,
        prepaid=back.prepaid,
    )


def taken(use: str, events: Iterable[tuple[str, Any]]) -> Taken | None:
    """What the invoice behind the `ReservationUsed` of this id named, told by a stream's (event id, event), in order.

    None: it named nothing, or its order was cancelled and reserves nothing more.
    """
    recorded = list(events)
    found = next((e for identity, e in recorded if identity == use and isinstance(e, ReservationUsed)), None)
    if found is None or (amount := found.amount + (found.beyond or NOTHING)) == 0:
        return None
    back = Taken(order=found.order, invoice=found.invoice, amount=amount)
    for _, event in recorded:
        match event:
            case OrderPlaced(number=back.order):
                back = back.model_copy(update={"prepaid": event.prepaid, "used": event.invoiced or NOTHING})
            case ReservationUsed(order=back.order):
                back = back.model_copy(update={"used": back.used + event.amount})
            case ReservationReturned(order=back.order):
                back = back.model_copy(update={"used": back.used - event.amount})
            case OrderCancelled(number=back.order):
                return None
    return back


ORDER, GROUP_CHECK = "order:", "group-check:"


def claims(event: Event) -> Claims:
    """An order number is taken once in the company, as is each check of a group that releases; none is given back."""
    match event:
        case OrderPlaced(number=number):
            return Claims(take=(f"{ORDER}{number}",))
        case OrderCheckedWithGroup(group=group, check=int(check)):
            return Claims(take=(f"{GROUP_CHECK}{group}:{check}",))
        case _:
            return Claims()


ORDERS = Decider(owner="credit-rating", category="orders", state=Orders, decide=decide, evolve=evolve, claims=claims)
