"""Sale lines as facts: what was sold, what came back (negative), and what was taken back by a reversal."""

from __future__ import annotations

from eventlog.mapping import SUBJECT, Given, Minus, Same, named
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
        "direction": text,
        "ship_to": text,
        "ship_to_territory": text,
        "reverses": uuid,
    },
    scope="dealer",
    indexes=[("dealer", "sold_on"), ("reverses",)],
)
STATED = (
    "invoice", "product", "description", "unit_price", "currency", "sold_on", "direction", "ship_to",
    "ship_to_territory",
)  # fmt: skip
LINE: dict[str, Given] = {"dealer": SUBJECT, "origin": "source", "nth": "line", **named(STATED)}

sale_line.copies(SaleRecorded, **LINE, kind=Same("sale"), quantity="quantity", amount="amount")
sale_line.copies(SaleReturned, **LINE, kind=Same("return"), quantity=Minus("quantity"), amount=Minus("amount"))
sale_line.copies(SaleLineReversed, dealer=SUBJECT, kind=Same("reversal"), reverses="line")
