"""Limits of owner groups as facts. They name no dealer.

`kind` is `set` or `ended`: an ended one makes what was set before it count no more from its `first_day` on.
"""

from eventlog.mapping import Same
from eventlog.projection import FactsTable, day, money, text
from events import GroupLimitEnded, GroupLimitSet

group_limit = FactsTable(
    "group_limit",
    columns={
        "owner_group": text,
        "kind": text,
        "limit": money,
        "first_day": day,
        "last_day": day,
        "reason": text,
        "by": text,
    },
    indexes=[("owner_group",)],
)

group_limit.copies(
    GroupLimitSet,
    owner_group="group",
    kind=Same("set"),
    limit="limit",
    first_day="first_day",
    last_day="last_day",
    reason="reason",
    by="by",
)
group_limit.copies(
    GroupLimitEnded, owner_group="group", kind=Same("ended"), first_day="ended_on", reason="reason", by="by"
)

ENDED = """(
    select from group_limit e
    where e.owner_group = s.owner_group and e.kind = 'ended' and e.sequence > s.sequence and e.first_day <= $2
)"""
IN_FORCE = f"""
select s."limit", s.first_day, s.last_day, s.reason, s.by, s.event, s.recorded_at
from group_limit s
where s.owner_group = $1 and s.kind = 'set' and s.first_day <= $2 and (s.last_day is null or s.last_day >= $2)
    and not exists {ENDED}
order by s.sequence desc limit 1
"""
"""The limit of group $1 that counts on day $2: of several the one that was set last."""
