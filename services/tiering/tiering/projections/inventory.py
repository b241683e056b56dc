"""Stock reports as facts: a row a report, so that any day's stock can be told as it was known at any cut."""

from __future__ import annotations

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, day, json, money, text, uuid
from events import InventoryReported

stock_report = FactsTable(
    "stock_report",
    columns={
        "dealer": uuid,
        "origin": text,
        "number": text,
        "as_of": day,
        "currency": text,
        "lines": json,
        "value": money,
        "consigned_value": money,
    },
    scope="dealer",
    indexes=[("dealer", "as_of")],
)
STATED = ("number", "as_of", "currency", "lines", "value", "consigned_value")

stock_report.copies(InventoryReported, dealer=SUBJECT, origin="source", **named(STATED))
