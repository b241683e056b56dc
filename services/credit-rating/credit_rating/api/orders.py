"""Orders: placed, checked against the dealer's limit at once, released or held; a hold released; cancelled."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.order import ORDERS, CancelOrder, Orders, ReleaseHold
from credit_rating.domain.order import PlaceOrder as Place
from credit_rating.group_standing import checked_again, group_of
from credit_rating.many_orders import decide_all
from credit_rating.order_lines import OrdersLine
from credit_rating.standing import gathered_standing
from events import CreditCheck, HoldReason, OrderHeld, OrderHoldReleased, OrderPlaced, OrderReleased
from events.decider import Refused
from events.fields import Amount, Code, Currency, Day, Said
from service.bulk import MEDIA_TYPE, ndjson
from service.context import Read, Write
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Page
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("orders")
COLUMNS = """number, amount, currency, prepaid, ordered_on, state, reasons, checked, released_by, released_because,
    cancelled_because, used"""
ONE = f"select {COLUMNS} from orders where dealer = $1 and number = $2"
ROWS = f"select {COLUMNS} from orders where dealer = $1"
EVERY_ROW = f"""
select o.dealer, d.code, d.name, {COLUMNS} from orders o join dealer d using (dealer)
"""


class PlaceOrder(Closed):
    """An order, tax included; of today unless `ordered_on` says another day, and checked by the standing of today."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"number": "SO-2026-0412", "amount": "18600.00", "currency": "CNY"}]}
    )

    number: Code
    amount: Amount
    currency: Currency
    prepaid: bool = False
    ordered_on: Day | None = None


class Cancel(Closed):
    """Why the order will not be delivered."""

    reason: Said = Field(examples=["The dealer withdrew it."])


class Release(Closed):
    """Why the order may go in spite of what holds it."""

    reason: Said = Field(examples=["The transfer was seen; it is booked tomorrow."])


class OrderView(BaseModel):
    """An order and the check it went through; `reasons` is empty unless it was held."""

    number: str
    amount: Money
    currency: str
    prepaid: bool
    ordered_on: date
    state: str
    reasons: list[HoldReason] = []
    check: CreditCheck | None = None
    used: Money = Decimal(0)
    released_by: str | None = None
    released_because: str | None = None
    cancelled_because: str | None = None


class OrderRow(OrderView):
    """An order with its dealer, in a list of all."""

    dealer: UUID
    code: str | None
    name: str | None


FILTERS = {
    "state": equals("state", Literal["placed", "released", "held", "cancelled"]),
    "prepaid": equals("prepaid", bool),
    "ordered_from": at_least("ordered_on", Day),
    "ordered_to": at_most("ordered_on", Day),
    "released_by": equals("released_by"),
}
SORTS = ("number", "ordered_on", "amount", "state")
OF_ONE = Listing(ROWS, OrderView, key=("number",), sorts=SORTS, default="number", filters=FILTERS)
ALL = Listing(
    EVERY_ROW, OrderRow, key=("dealer", "number"), sorts=(*SORTS, "code"), nullable=("code",), default="-ordered_on",
    filters=FILTERS,
)  # fmt: skip


class HoldReleasedView(BaseModel):
    """An order that somebody released; `reasons` is what held it still."""

    number: str
    state: str
    amount: Money
    reasons: list[HoldReason]
    check: CreditCheck
    released_by: str
    released_because: str


class CancelledView(BaseModel):
    """An order that was cancelled."""

    number: str
    state: str
    cancelled_because: str


@router.post("/dealers/{dealer}/orders", permission="order.place", answers=OrderView)
async def place_order(dealer: UUID, body: PlaceOrder, write: Write) -> Response:
    """Place an order; it is released or held at once, with every reason."""
    if body.currency != write.runtime.settings.currency:
        raise Refused("other-currency", f"Orders here are in {write.runtime.settings.currency}.")
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        group = await group_of(conn, dealer)

    async def checked(orders: Orders) -> Place:
        standing = await gathered_standing(write.runtime, dealer, write.today, orders.group)
        said = body.model_dump() | {"ordered_on": body.ordered_on or write.today}
        return Place(**said, standing=standing)

    written = await checked_again(group, lambda: write.handle(ORDERS, str(dealer), None, prepare=checked))
    return write.answer(written, view_of(written.events))


@router.post(
    "/orders:bulk", permission="order.import", accepts=MEDIA_TYPE, gives=(MEDIA_TYPE,), body_bytes="bulk_bytes",
    status=200,
)  # fmt: skip
async def record_many_orders(request: Request, write: Write) -> Response:
    """Orders and cancellations as NDJSON; a verdict for each row, and how the order was decided, with every reason.

    The rows of a dealer are decided one after the other, each by what the dealer owes then.
    """
    return await ndjson(request, OrdersLine, lambda rows: decide_all(rows, write))


@router.post(
    "/dealers/{dealer}/orders/{number}/cancel", permission="order.cancel", answers=CancelledView, edits=True, status=200
)
async def cancel_order(dealer: UUID, number: str, body: Cancel, write: Write) -> Response:
    """Cancel an order; what it still reserves is free."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    written = await write.handle(ORDERS, str(dealer), CancelOrder(number=number, reason=body.reason))
    return write.answer(written, CancelledView(number=number, state="cancelled", cancelled_because=body.reason))


@router.post(
    "/dealers/{dealer}/orders/{number}/release", permission="order.release", answers=HoldReleasedView, edits=True,
    status=200, problems=("order-not-held",),
)  # fmt: skip
async def release_hold(dealer: UUID, number: str, body: Release, write: Write) -> Response:
    """Release a held order in spite of its reasons, which are worked out anew and recorded with who took it on."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        group = await group_of(conn, dealer)

    async def checked(orders: Orders) -> ReleaseHold:
        standing = await gathered_standing(write.runtime, dealer, write.today, orders.group)
        return ReleaseHold(number=number, reason=body.reason, by=write.caller.login, standing=standing)

    written = await checked_again(group, lambda: write.handle(ORDERS, str(dealer), None, prepare=checked))
    done = written.events[0]
    assert isinstance(done, OrderHoldReleased)
    said = done.model_dump() | {"state": "released", "released_by": done.by, "released_because": done.reason}
    return write.answer(written, HoldReleasedView.model_validate(said))


@router.get("/dealers/{dealer}/orders", permission="order.read", answers=Page[OrderView])
async def list_orders(dealer: UUID, read: Read, asked: Annotated[Asked, Depends(OF_ONE.asked)]) -> Page[OrderView]:
    """Orders of a dealer, by number."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    return asked.page([_row(row) for row in rows], OrderView)


@router.get("/orders", permission="order.read", answers=Page[OrderRow])
async def list_every_order(read: Read, asked: Annotated[Asked, Depends(ALL.asked)]) -> Page[OrderRow]:
    """Orders of the caller's scope, the latest first; `state=held` are those that wait for somebody."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn)
    return asked.page([_row(row) for row in rows], OrderRow)


@router.get("/dealers/{dealer}/orders/{number}", permission="order.read", answers=OrderView)
async def read_order(dealer: UUID, number: str, read: Read) -> OrderView:
    """One order; its ETag is the version of the dealer's orders, which a cancellation names."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(ONE, dealer, number)
        await read.shows(conn, ORDERS, str(dealer))
    if row is None:
        raise Problem("not-found", f"The dealer has no order {number}.")
    return OrderView.model_validate(_row(row))


def view_of(events: list[Any]) -> OrderView:
    """What placing an order came to, as its events say it."""
    said: dict[str, Any] = {}
    for event in events:
        match event:
            case OrderPlaced():
                said |= event.model_dump() | {"state": "placed"}
            case OrderReleased():
                said |= {"state": "released", "check": event.check}
            case OrderHeld():
                said |= {"state": "held", "check": event.check, "reasons": list(event.reasons)}
    return OrderView.model_validate(said)


def _row(row: Any) -> dict[str, Any]:
    return dict(row) | {
        "reasons": json.loads(row["reasons"] or "[]"),
        "check": json.loads(row["checked"] or "null"),
        "used": row["used"] or Decimal(0),
    }
