"""Where goods went, as facts: what dealers sold on, and what was delivered to a place whose territory is known.

The other sale lines, by far the most, leave no row. `value` is without VAT, negative for what came back; a reversal
names the event that it takes back, which may have no row.
"""

from typing import Any

from eventlog.projection import FactsTable, day, money, text, uuid
from events import SaleLineReversed, SaleRecorded, SaleReturned

goods_moved = FactsTable(
    "goods_moved",
    columns={
        "dealer": uuid,
        "moved_on": day,
        "direction": text,
        "territory": text,
        "value": money,
        "origin": text,
        "invoice": text,
        "reverses": uuid,
    },
    scope="dealer",
    indexes=[("dealer", "moved_on"), ("reverses",)],
)
USES = ("direction", "ship_to_territory", "amount", "sold_on", "source", "invoice")


@goods_moved.on(SaleRecorded, uses=USES)
def sold(e: Any) -> list[dict[str, Any]]:
    """A line whose goods left for somewhere."""
    return _moved(e, e.data.amount)


@goods_moved.on(SaleReturned, uses=USES)
def returned(e: Any) -> list[dict[str, Any]]:
    """A line whose goods came back."""
    return _moved(e, -e.data.amount)


@goods_moved.on(SaleLineReversed, uses=("line",))
def taken_back(e: Any) -> dict[str, Any]:
    """A line that was never so."""
    return {"dealer": e.subject, "reverses": e.data.line}


def _moved(e: Any, value: Any) -> list[dict[str, Any]]:
    said = e.data
    if said.direction == "sell_in" and said.ship_to_territory is None:
        return []
    return [
        {
            "dealer": e.subject,
            "moved_on": said.sold_on,
            "direction": said.direction,
            "territory": said.ship_to_territory,
            "value": value,
            "origin": said.source,
            "invoice": said.invoice,
        }
    ]
