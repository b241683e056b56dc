"""What of ours each dealer reported to hold, by day, as facts; the whole report is in its document."""

from eventlog.mapping import SUBJECT
from eventlog.projection import FactsTable, day, money, uuid
from events import InventoryReported

consigned_stock = FactsTable(
    "consigned_stock",
    columns={"dealer": uuid, "as_of": day, "value": money},
    scope="dealer",
    indexes=[("dealer", "as_of")],
)

consigned_stock.copies(InventoryReported, dealer=SUBJECT, as_of="as_of", value="consigned_value")
