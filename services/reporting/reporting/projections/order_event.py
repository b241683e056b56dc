"""What happened to orders, as facts: placed, released or held with every reason, used by invoices, cancelled.

`kind` says which; `amount` is the order's, or what an invoice used (negative: returned); `dated` the business date of
the event.
"""

from typing import Any

from eventlog.projection import FactsTable, boolean, day, json, money, text, uuid
from events import (
    OrderCancelled,
    OrderHeld,
    OrderHoldReleased,
    OrderPlaced,
    OrderReleased,
    ReservationReturned,
    ReservationUsed,
)

order_event = FactsTable(
    "order_event",
    columns={
        "dealer": uuid,
        "number": text,
        "kind": text,
        "amount": money,
        "dated": day,
        "prepaid": boolean,
        "invoice": text,
        "reasons": json,
        "checked": json,
        "reason": text,
    },
    scope="dealer",
    indexes=[("dealer", "number")],
)


def _row(kind: str, e: Any, **rest: Any) -> dict[str, Any]:
    return {"dealer": e.subject, "number": e.data.number, "kind": kind, "dated": e.businessdate, **rest}


@order_event.on(OrderPlaced, uses=("number", "amount", "prepaid", "ordered_on", "invoiced"))
def placed(e: Any) -> list[dict[str, Any]]:
    """What is wanted, and what invoices that came before it took of it."""
    row = _row("placed", e, amount=e.data.amount, prepaid=e.data.prepaid) | {"dated": e.data.ordered_on}
    return [row, _row("used", e, amount=e.data.invoiced)] if e.data.invoiced else [row]


@order_event.on(OrderReleased, uses=("number", "amount", "check"))
def released(e: Any) -> dict[str, Any]:
    """It holds headroom."""
    return _row("released", e, amount=e.data.amount, checked=e.data.check) | {"dated": e.data.check.as_of}


@order_event.on(OrderHeld, uses=("number", "amount", "reasons", "check"))
def held(e: Any) -> dict[str, Any]:
    """It waits, with every reason."""
    row = _row("held", e, amount=e.data.amount, reasons=e.data.reasons, checked=e.data.check)
    return row | {"dated": e.data.check.as_of}


@order_event.on(OrderHoldReleased, uses=("number", "amount", "check", "reason"))
def hold_released(e: Any) -> dict[str, Any]:
    """It holds headroom in spite of what held it."""
    row = _row("released", e, amount=e.data.amount, checked=e.data.check, reason=e.data.reason)
    return row | {"dated": e.data.check.as_of}


@order_event.on(OrderCancelled, uses=("number", "reason"))
def cancelled(e: Any) -> dict[str, Any]:
    """What it held is free."""
    return _row("cancelled", e, reason=e.data.reason)


@order_event.on(ReservationUsed, uses=("order", "invoice", "amount"))
def used(e: Any) -> list[dict[str, Any]]:
    """An invoice took that much of it."""
    return _invoiced(e, e.data.amount)


@order_event.on(ReservationReturned, uses=("order", "invoice", "amount"))
def returned(e: Any) -> list[dict[str, Any]]:
    """The invoice was taken back."""
    return _invoiced(e, -e.data.amount)


def _invoiced(e: Any, amount: Any) -> list[dict[str, Any]]:
    """One that took nothing may name an order that was never placed."""
    row = {"dealer": e.subject, "number": e.data.order, "kind": "used", "amount": amount}
    return [row | {"dated": e.businessdate, "invoice": e.data.invoice}] if amount else []
