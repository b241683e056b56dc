"""Sale lines as facts: sold, returned, and reversals that name the event they take back.

`quantity` and `amount` are positive in both; `kind` says whether they count up or down.
"""

from typing import Any

from eventlog.projection import FactsTable, day, integer, money, text, uuid
from events import SaleLineReversed, SaleRecorded, SaleReturned

FIELDS = ("invoice", "product", "description", "quantity", "unit_price", "amount", "sold_on")

sale_line = FactsTable(
    "sale_line",
    columns={
        "dealer": uuid,
        "kind": text,
        "origin": text,
        "invoice": text,
        "line_of_invoice": integer,
        "product": text,
        "description": text,
        "quantity": money,
        "unit_price": money,
        "amount": money,
        "sold_on": day,
        "reason": text,
        "reversed": uuid,
    },
    scope="dealer",
    indexes=[("dealer", "sold_on"), ("sold_on",), ("reversed",)],
)


def _line(kind: str, e: Any) -> dict[str, Any]:
    row = {"dealer": e.subject, "kind": kind, "origin": e.data.source, "line_of_invoice": e.data.line}
    return row | {name: getattr(e.data, name) for name in FIELDS}


@sale_line.on(SaleRecorded, uses=("source", "line", *FIELDS))
def sold(e: Any) -> dict[str, Any]:
    """Goods went to the dealer."""
    return _line("sale", e)


@sale_line.on(SaleReturned, uses=("source", "line", *FIELDS))
def returned(e: Any) -> dict[str, Any]:
    """Goods came back."""
    return _line("return", e)


@sale_line.on(SaleLineReversed, uses=("line", "reason"))
def reversed_(e: Any) -> dict[str, Any]:
    """A line was never so."""
    return {"dealer": e.subject, "kind": "reversal", "reversed": e.data.line, "reason": e.data.reason}
