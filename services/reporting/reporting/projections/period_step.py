"""How months of the ledger were closed and opened again; an entry that came while its month was closed is late.

`kind` is `closed` or `reopened`; `cut` is what credit-rating's log held by then.
"""

from eventlog.mapping import Same
from eventlog.projection import FactsTable, json, text
from events import PeriodClosed, PeriodReopened

period_step = FactsTable(
    "period_step",
    columns={"period": text, "kind": text, "cut": json, "by": text, "reason": text},
    indexes=[("period",)],
)

period_step.copies(PeriodClosed, period="period", kind=Same("closed"), cut="cut", by="by")
period_step.copies(PeriodReopened, period="period", kind=Same("reopened"), cut="cut", by="by", reason="reason")
