"""Orders as they are: placed, released or held with every reason, cancelled; `used` is what invoices took of them."""

from decimal import Decimal
from typing import Any

from eventlog.projection import Patch, StateTable, boolean, day, json, money, text, uuid
from events import (
    OrderCancelled,
    OrderHeld,
    OrderHoldReleased,
    OrderPlaced,
    OrderReleased,
    ReservationReturned,
    ReservationUsed,
)

orders = StateTable(
    "orders",
    key={"dealer": uuid, "number": text},
    columns={
        "amount": money,
        "currency": text,
        "prepaid": boolean,
        "ordered_on": day,
        "state": text,
        "reasons": json,
        "checked": json,
        "released_by": text,
        "released_because": text,
        "cancelled_because": text,
        "used": money,
    },
    scope="dealer",
)


@orders.on(OrderPlaced, uses=("number", "amount", "currency", "prepaid", "ordered_on", "invoiced"))
def placed(e: Any) -> Patch:
    """What is wanted, and what invoices that came before it took of it."""
    return Patch(
        key=(e.subject, e.data.number),
        set={
            "amount": e.data.amount,
            "currency": e.data.currency,
            "prepaid": e.data.prepaid,
            "ordered_on": e.data.ordered_on,
            "state": "placed",
        },
        add={"used": e.data.invoiced or Decimal(0)},
    )


@orders.on(OrderReleased, uses=("number", "check"))
def released(e: Any) -> Patch:
    """It passed the check and holds headroom."""
    return Patch(key=(e.subject, e.data.number), set={"state": "released", "checked": e.data.check})


@orders.on(OrderHeld, uses=("number", "reasons", "check"))
def held(e: Any) -> Patch:
    """It is held, with every reason."""
    return Patch(
        key=(e.subject, e.data.number),
        set={"state": "held", "reasons": e.data.reasons, "checked": e.data.check},
    )


@orders.on(OrderHoldReleased, uses=("number", "check", "reason", "by"))
def hold_released(e: Any) -> Patch:
    """It holds headroom in spite of its reasons, which stay."""
    about = e.data
    return Patch(
        key=(e.subject, about.number),
        set={
            "state": "released",
            "checked": about.check,
            "released_by": about.by,
            "released_because": about.reason,
        },
    )


@orders.on(OrderCancelled, uses=("number", "reason"))
def cancelled(e: Any) -> Patch:
    """What it still held is free."""
    return Patch(key=(e.subject, e.data.number), set={"state": "cancelled", "cancelled_because": e.data.reason})


@orders.on(ReservationUsed, uses=("order", "amount"))
def used(e: Any) -> Patch | None:
    """An invoice took so much of it; one that took nothing may name an order that was never placed."""
    return Patch(key=(e.subject, e.data.order), add={"used": e.data.amount}) if e.data.amount else None


@orders.on(ReservationReturned, uses=("order", "amount"))
def returned(e: Any) -> Patch | None:
    """The invoice was taken back."""
    return Patch(key=(e.subject, e.data.order), add={"used": -e.data.amount}) if e.data.amount else None
