"""What restarted the limitation of dealers' invoices, as known at a cut: statements that the dealer confirmed.

A statement includes the invoices issued until its last day that were known at its own cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from credit_rating.domain.limitation import Restart
from credit_rating.evidence import bounds
from credit_rating.snapshot import SERVICE
from eventlog.connection import Connection
from eventlog.position import Cut

CONFIRMED = """
select distinct on (e.event) e.event, c.dated, c.statement
from statement_step c
join statement_step i on i.statement = c.statement and i.dealer = c.dealer and i.step = 'issued'
join ledger_entry e on e.dealer = c.dealer and e.kind = 'invoice' and e.dated <= i.last_day
    and e.sequence <= coalesce((i.cut -> 'credit-rating' ->> e.partition::text)::bigint, 0)
where c.dealer = any($1) and c.step = 'confirmed' and c.dated <= $3
    and c.sequence <= coalesce(($2::bigint[])[c.partition + 1], 0)
order by e.event, c.dated desc, c.sequence desc
"""
"""Per invoice the latest confirmation within the cut."""


async def restarts_of(conn: Connection, dealers: Sequence[UUID], as_of: date, cut: Cut) -> Mapping[str, list[Restart]]:
    """Invoice (the id of its event) → what restarted it until `as_of`."""
    found: dict[str, list[Restart]] = {}
    for row in await conn.fetch(CONFIRMED, dealers, bounds(cut, SERVICE), as_of):
        restart = Restart(row["dated"], "statement", str(row["statement"]))
        found.setdefault(str(row["event"]), []).append(restart)
    return found
