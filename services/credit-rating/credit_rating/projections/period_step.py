"""How months of the ledger were closed and opened again, and which entries came while theirs was closed.

`kind` is `closed` or `reopened`; `cut` is what the log held by then. Nothing marks an entry: whether it is late follows
from its place in the log.
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

DATED = """coalesce(e.dated, (
    select t.dated from ledger_entry t where t.dealer = e.dealer and t.event = e.reversed
))"""
"""The day an entry `e` is about: a reversal's is that of the entry that it takes back."""
LATE = """coalesce((
    select s.kind = 'closed' from period_step s
    where s.period = to_char({dated}, 'YYYY-MM') and {known}
        and coalesce((s.cut -> 'credit-rating' ->> e.partition::text)::bigint, 0) < e.sequence
    order by s.sequence desc limit 1
), false)"""
"""Whether the month of an entry `e` was closed when it came; `known` bounds the steps `s` by a cut."""


def late(bounds: int) -> str:
    """Whether an entry `e` was late, as known within the cut whose bounds are this parameter."""
    known = f"s.sequence <= coalesce((${bounds}::bigint[])[s.partition + 1], 0)"
    return LATE.format(dated=DATED, known=known)
