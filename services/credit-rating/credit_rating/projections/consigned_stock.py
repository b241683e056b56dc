"""Consigned stock as facts: what of ours each dealer reported to hold, by day; the report itself is tiering's."""

from eventlog.mapping import SUBJECT
from eventlog.projection import FactsTable, day, money, text, uuid
from events import InventoryReported

consigned_stock = FactsTable(
    "consigned_stock",
    columns={"dealer": uuid, "as_of": day, "value": money, "origin": text, "number": text},
    scope="dealer",
    indexes=[("dealer", "as_of")],
)

consigned_stock.copies(
    InventoryReported, dealer=SUBJECT, as_of="as_of", value="consigned_value", origin="source", number="number"
)
