"""Limits that somebody set in place of the computed one, and which of them were taken back.

`kind` is `set` or `ended`; an ended one counts no more from its `first_day` on.
"""

from eventlog.mapping import SUBJECT, Same
from eventlog.projection import FactsTable, day, money, text, uuid
from events import CreditLimitOverridden, CreditLimitOverrideEnded

limit_override = FactsTable(
    "limit_override",
    columns={
        "dealer": uuid,
        "override": uuid,
        "kind": text,
        "limit": money,
        "first_day": day,
        "last_day": day,
        "reason": text,
        "by": text,
    },
    scope="dealer",
    indexes=[("dealer", "last_day"), ("override",)],
)

limit_override.copies(
    CreditLimitOverridden,
    dealer=SUBJECT,
    override="override",
    kind=Same("set"),
    limit="limit",
    first_day="first_day",
    last_day="last_day",
    reason="reason",
    by="by",
)
limit_override.copies(
    CreditLimitOverrideEnded,
    dealer=SUBJECT,
    override="override",
    kind=Same("ended"),
    first_day="ended_on",
    reason="reason",
    by="by",
)

IN_FORCE = """(
    select o.override, o."limit", o.first_day, o.last_day, o.reason, o.by, o.event, o.recorded_at
    from limit_override o
    where o.dealer = $1 and o.kind = 'set' and $2 between o.first_day and o.last_day and not exists (
        select from limit_override e where e.override = o.override and e.kind = 'ended' and e.first_day <= $2
    )
    order by o.sequence desc limit 1
) as o"""
"""The override of dealer $1 that day $2 falls into: of several the one that was given last."""
