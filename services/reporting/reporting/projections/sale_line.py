"""Sale lines as facts: sold, returned, and reversals that name the event they take back.

`quantity` and `amount` are positive in both; `kind` says whether they count up or down.
"""

from eventlog.mapping import SUBJECT, Given, Same, named
from eventlog.projection import FactsTable, day, integer, money, text, uuid
from events import SaleLineReversed, SaleRecorded, SaleReturned

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
        "direction": text,
        "ship_to_territory": text,
        "reason": text,
        "reversed": uuid,
    },
    scope="dealer",
    indexes=[("dealer", "sold_on"), ("sold_on",), ("reversed",)],
)

STATED = ("invoice", "product", "description", "quantity", "unit_price", "amount", "sold_on", "direction",
          "ship_to_territory")  # fmt: skip
LINE: dict[str, Given] = {"dealer": SUBJECT, "origin": "source", "line_of_invoice": "line", **named(STATED)}

sale_line.copies(SaleRecorded, **LINE, kind=Same("sale"))
sale_line.copies(SaleReturned, **LINE, kind=Same("return"))
sale_line.copies(SaleLineReversed, dealer=SUBJECT, kind=Same("reversal"), reversed="line", reason="reason")
