"""What was done about what dealers owe, as of a day and known at a cut: read from steps, for answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from credit_rating.domain.collection import Collection, Legal, Reminded
from credit_rating.domain.collection_stage import Reached
from credit_rating.evidence import bounds, within
from credit_rating.snapshot import SERVICE
from eventlog.position import Cut

Row = Mapping[str, Any]
STEPS = f"""
select dealer, event, kind, ref, stage, dated, due_on, amount, "to", by, said, details, recorded_at, sequence
from collection_step where dealer = any($1) and {within(2)} and dated <= $3 order by dealer, sequence
"""
SUMMARY = f"""
with step as (select * from collection_step where {within(1)} and dated <= $2),
waiting as (
    select s.* from step s where s.kind in ('promise', 'task') and not exists (
        select from step d where d.ref = s.ref and d.kind in ('promise_kept', 'promise_broken', 'task_done')
    )
),
legal as (
    select distinct on (dealer) dealer, kind from step
    where kind in ('legal_proposed', 'legal_declined', 'handed_to_legal', 'taken_back_from_legal')
    order by dealer, sequence desc
)
select d.dealer, d.code, d.name, w.next_task_on, w.next_promise_on, coalesce(w.open_tasks, 0) as open_tasks,
    coalesce(w.open_promises, 0) as open_promises, coalesce(w.promised, 0) as promised,
    coalesce(b.broken_promises, 0) as broken_promises,
    case l.kind when 'legal_proposed' then 'proposed' when 'handed_to_legal' then 'handed' end as legal,
    s.territory, s.branch, s.region
from dealer d join dealer_scope s using (dealer)
left join (
    select dealer, min(due_on) filter (where kind = 'task') as next_task_on,
        min(due_on) filter (where kind = 'promise') as next_promise_on,
        count(*) filter (where kind = 'task') as open_tasks,
        count(*) filter (where kind = 'promise') as open_promises,
        sum(amount) filter (where kind = 'promise') as promised
    from waiting group by dealer
) as w using (dealer)
left join (
    select dealer, count(*) as broken_promises from step where kind = 'promise_broken' group by dealer
) as b using (dealer)
left join legal l using (dealer)
where d.code is not null
"""
"""Every dealer in the reader's scope with its open promises and tasks, broken promises, and legal."""


class Seen:
    """One dealer's steps, in their order, as what they come to."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        over = {row["ref"] for row in rows if row["kind"] in {"promise_kept", "promise_broken", "task_done"}}
        waiting = [row for row in rows if row["ref"] not in over]
        self.promises = [_with_invoices(row) for row in waiting if row["kind"] == "promise"]
        self.tasks = [row for row in waiting if row["kind"] == "task"]
        self.reminder = next((row for row in reversed(rows) if row["kind"] == "reminder"), None)

    @property
    def legal(self) -> Legal | None:
        """Whether the debt is with legal, or somebody wants it to be."""
        for row in reversed(self.rows):
            match row["kind"]:
                case "legal_proposed":
                    return Legal("proposed", row["said"], row["by"])
                case "handed_to_legal":
                    return Legal("handed", row["said"], row["by"])
                case "legal_declined" | "taken_back_from_legal":
                    return None
        return None

    def lacks_reminder(self, now: Reached | None) -> bool:
        """Whether a stage is reached that nobody reminded of: what the decider would find."""
        last = Reminded(self.reminder["stage"], self.reminder["due_on"]) if self.reminder else None
        return Collection(reminded=last, legal=self.legal).lacks_reminder(now)


async def seen(conn: Any, dealers: Sequence[UUID], cut: Cut, as_of: date) -> dict[UUID, Seen]:
    """The steps of these dealers within the cut, dated until a day."""
    found: dict[UUID, list[Row]] = {dealer: [] for dealer in dealers}
    for row in await conn.fetch(STEPS, list(dealers), bounds(cut, SERVICE), as_of):
        found[row["dealer"]].append(row)
    return {dealer: Seen(rows) for dealer, rows in found.items()}


def _with_invoices(row: Row) -> dict[str, Any]:
    return dict(row) | {"invoices": json.loads(row["details"] or "{}").get("invoices", [])}
