"""Sale lines as facts: what was sold, what came back (negative), and what was taken back by a reversal."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, day, integer, money, text, uuid
from events import SaleLineReversed, SaleRecorded, SaleReturned

sale_line = FactsTable(
    "sale_line",
    columns={
        "dealer": uuid,
        "kind": text,
        "origin": text,
        "invoice": text,
        "nth": integer,
        "product": text,
        "description": text,
        "quantity": money,
        "unit_price": money,
        "amount": money,
        "currency": text,
        "sold_on": day,
        "reverses": uuid,
    },
    scope="dealer",
    indexes=[("dealer", "sold_on"), ("reverses",)],
)
STATED = (
    "source",
    "invoice",
    "line",
    "product",
    "description",
    "quantity",
    "unit_price",
    "amount",
    "currency",
    "sold_on",
)


@sale_line.on(SaleRecorded, uses=STATED)
def sold(e: Any) -> dict[str, Any]:
    """A line sold to the dealer."""
    return _line(e, "sale", 1)


@sale_line.on(SaleReturned, uses=STATED)
def returned(e: Any) -> dict[str, Any]:
    """A line that came back: quantity and amount are negative here."""
    return _line(e, "return", -1)


@sale_line.on(SaleLineReversed, uses=("line",))
def taken_back(e: Any) -> dict[str, Any]:
    """A line that never was; `reverses` is its event."""
    return dict.fromkeys(sale_line.declared) | {"dealer": e.subject, "kind": "reversal", "reverses": e.data.line}


def _line(e: Any, kind: str, sign: int) -> dict[str, Any]:
    data = e.data
    return {
        "dealer": e.subject,
        "kind": kind,
        "origin": data.source,
        "invoice": data.invoice,
        "nth": data.line,
        "product": data.product,
        "description": data.description,
        "quantity": sign * data.quantity,
        "unit_price": data.unit_price,
        "amount": sign * data.amount,
        "currency": data.currency,
        "sold_on": data.sold_on,
        "reverses": None,
    }
