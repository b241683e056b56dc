"""A small service with one of everything, on a log that only remembers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict
from starlette.responses import HTMLResponse

from eventlog.meta import Meta, Written
from eventlog.position import Position
from service.app import Service
from service.context import Read, Write
from service.problems import Kind, Problem
from service.routing import Router


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    product: str


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    number: str
    amount: Decimal
    lines: list[Line] = []


class OrderView(BaseModel):
    number: str
    amount: Decimal


class RememberingLog:
    """Writes nothing; remembers what it was asked, and raises what it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any, Meta, int | None]] = []
        self.error: Exception | None = None

    async def handle(self, decider: Any, key: str, command: Any, meta: Meta, expected: int | None, **_: Any) -> Written:
        self.asked.append((key, command, meta, expected))
        if self.error:
            raise self.error
        return Written(f"{key}/orders", 7, Position("tiny", 3, 12, 1), [], False, command)


router = Router("orders")


@router.post("/dealers/{dealer}/orders", permission="order.place", answers=OrderView)
async def place(dealer: UUID, body: Order, write: Write, dry: bool = False) -> Response:
    """Place."""
    written = await write.handle(None, str(dealer), body)
    return write.answer(written, OrderView(number=body.number, amount=body.amount))


@router.put("/orders/{number}", permission="order.place", answers=OrderView)
async def change(number: str, body: Order, write: Write) -> Response:
    """Change."""
    written = await write.handle(None, number, body)
    return write.answer(written, OrderView(number=number, amount=body.amount))


@router.get("/orders/{number}", permission="order.read", answers=OrderView)
async def read_one(number: str, read: Read, verbose: bool = False) -> OrderView:
    """Read."""
    match number:
        case "broken":
            raise RuntimeError("a secret in a stack trace")
        case "hidden":
            raise Problem("not-found")
        case "down":
            raise ConnectionRefusedError
    read.etag(7)
    return OrderView(number=number, amount=Decimal("1"))


@router.get("/orders-page", permission="order.read", page=True)
async def page(read: Read, month: str = "") -> HTMLResponse:
    """A page for people."""
    return HTMLResponse(f"<p>{read.caller.login}</p>")


PERMISSIONS = {"order.read": ("auditor", "region_clerk"), "order.place": ("region_clerk",)}
PROBLEMS = {"unknown-dealer": Kind(409, "Unknown dealer", "Onboard it first.", 1)}
TINY = Service(name="tiny", title="Tiny", routers=[router], permissions=PERMISSIONS, problems=PROBLEMS, pages=True)
