"""What restarted the limitation of dealers' invoices, as known at a cut: confirmed statements, demands for payment.

A statement includes the invoices issued until its last day that were known at its own cut; a reminder that demands
payment, those that it names (the oldest 200).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from credit_rating.domain.limitation import Cause, Restart
from credit_rating.evidence import bounds
from credit_rating.snapshot import SERVICE
from eventlog.connection import Connection
from eventlog.position import Cut

CONFIRMED = """
select distinct on (e.event) e.event, c.dated, c.statement as document
from statement_step c
join statement_step i on i.statement = c.statement and i.dealer = c.dealer and i.step = 'issued'
join ledger_entry e on e.dealer = c.dealer and e.kind = 'invoice' and e.dated <= i.last_day
    and e.sequence <= coalesce((i.cut -> 'credit-rating' ->> e.partition::text)::bigint, 0)
where c.dealer = any($1) and c.step = 'confirmed' and c.dated <= $3
    and c.sequence <= coalesce(($2::bigint[])[c.partition + 1], 0)
order by e.event, c.dated desc, c.sequence desc
"""
DEMANDED = """
select distinct on (e.event) e.event, r.dated, r.ref as document
from collection_step r
cross join lateral jsonb_to_recordset(r.details -> 'invoices') as n (source text, number text)
join ledger_entry e on e.dealer = r.dealer and e.kind = 'invoice' and e.origin = n.source and e.number = n.number
where r.dealer = any($1) and r.kind = 'reminder' and (r.details ->> 'dunning')::boolean and r.dated <= $3
    and r.sequence <= coalesce(($2::bigint[])[r.partition + 1], 0)
order by e.event, r.dated desc, r.sequence desc
"""
CAUSES: dict[Cause, str] = {"statement": CONFIRMED, "dunning": DEMANDED}
"""Per invoice the latest of each within the cut."""


async def restarts_of(conn: Connection, dealers: Sequence[UUID], as_of: date, cut: Cut) -> Mapping[str, list[Restart]]:
    """Invoice (the id of its event) → what restarted it until `as_of`."""
    found: dict[str, list[Restart]] = {}
    for cause, query in CAUSES.items():
        for row in await conn.fetch(query, dealers, bounds(cut, SERVICE), as_of):
            restart = Restart(row["dated"], cause, str(row["document"]))
            found.setdefault(str(row["event"]), []).append(restart)
    return found
