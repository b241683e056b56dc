"""Control totals as their sources handed them in: a row a source, month and kind each time. They name no dealer."""

from eventlog.mapping import named
from eventlog.projection import FactsTable, bigint, money, text
from events import ControlTotalsReceived

SAID = ("source", "period", "kind", "documents", "amount", "first_number", "last_number", "by")

control_total = FactsTable(
    "control_total",
    columns={
        "origin": text,
        "period": text,
        "kind": text,
        "documents": bigint,
        "amount": money,
        "first_number": text,
        "last_number": text,
        "by": text,
    },
    indexes=[("period",)],
)

control_total.copies(ControlTotalsReceived, origin="source", **named(SAID[1:]))
