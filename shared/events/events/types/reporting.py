"""reporting: what was taken out of the product (nobody else reads these)."""

from typing import Literal

from events.catalogue import Event, streams
from events.fields import Count, Cut, FreeJson
from events.recorded import Code

STREAMS = streams(
    "reporting",
    {"export": "edited"},
)


class ReportExported(Event, owner="reporting", stream="export"):
    """Somebody exported a report: exactly these rows, under these filters, known at this cut."""

    report: Code
    format: Literal["csv", "xlsx", "ndjson"]
    filters: FreeJson
    rows: Count
    cut: Cut
    by: Code
