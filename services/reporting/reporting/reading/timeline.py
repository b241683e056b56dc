"""What happened to a dealer, latest first: timeline facts and sale lines, in one order, a page at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from reporting.projections.timeline import TOLD
from reporting.reading.standpoint import AT, Standpoint, within

OF_ANY_LOG = f"""case t.source when 'customer-registry' then {within("t", "registry")}
    when 'credit-rating' then {within("t", "credit")} else {within("t", "tiering")} end"""
TIMELINE = f"""{AT}
select * from (
    select t.type, t.dated, t.actor, t.data::text as data, t.source, t.partition, t.sequence, t.recorded_at
    from timeline t where t.dealer = $5 and t.dated <= (select as_of from at) and {OF_ANY_LOG}
    union all
    select case t.kind when 'sale' then 'SaleRecorded' when 'return' then 'SaleReturned' else 'SaleLineReversed' end,
        t.sold_on, '', json_build_object('product', t.product, 'quantity', t.quantity::text, 'amount', t.amount::text,
            'invoice', t.invoice,
            'direction', nullif(t.direction, 'sell_in'), 'ship_to_territory', t.ship_to_territory,
            'reason', t.reason)::text, t.source, t.partition, t.sequence, t.recorded_at
    from sale_line t
    where $6 and t.dealer = $5 and t.sold_on <= (select as_of from at) and {within("t", "tiering")}
) t
where (t.dated, t.recorded_at, t.source, t.sequence) < ($7::date, $8::timestamptz, $9::text, $10::bigint)
order by t.dated desc, t.recorded_at desc, t.source desc, t.sequence desc
limit $11
"""
OF_TYPES = f"""{AT}
select t.type, t.dated, t.actor, t.data::text as data, t.source, t.partition, t.sequence, t.recorded_at
from timeline t where t.dealer = $5 and t.type = any($6) and t.dated <= (select as_of from at) and {OF_ANY_LOG}
order by t.dated desc, t.recorded_at desc, t.source desc, t.sequence desc limit $7
"""
ORDER = {event.event_type.name: fields for event, _, fields in TOLD}
Key = tuple[date, datetime, str, int]
NEWEST: Key = (date(9999, 1, 1), datetime(9999, 1, 1, tzinfo=UTC), "~", 2**62)


class Entry(NamedTuple):
    """One event of a dealer: `data` holds what its title needs; `position` leads to the document."""

    type: str
    dated: date
    actor: str
    data: dict[str, Any]
    source: str
    partition: int
    sequence: int
    recorded_at: datetime

    @property
    def position(self) -> str:
        """Service, partition and sequence as the event page takes them."""
        return f"{self.source}/{self.partition}/{self.sequence}"

    @property
    def key(self) -> Key:
        """Where it stands in the order."""
        return self.dated, self.recorded_at, self.source, self.sequence


async def timeline(
    conn: Any, at: Standpoint, dealer: UUID, *, sales: bool = False, after: Key = NEWEST, limit: int = 50
) -> list[Entry]:
    """Entries behind `after`, latest first; with `sales`, every sale line among them."""
    rows = await conn.fetch(TIMELINE, *at.parameters, dealer, sales, *after, limit)
    return [_entry(row) for row in rows]


async def entries_of(conn: Any, at: Standpoint, dealer: UUID, types: Sequence[str], limit: int) -> list[Entry]:
    """The latest entries of these types of event."""
    return [_entry(row) for row in await conn.fetch(OF_TYPES, *at.parameters, dealer, list(types), limit)]


def _entry(row: Any) -> Entry:
    return Entry(**dict(row) | {"data": _in_order(row["type"], json.loads(row["data"]))})


def _in_order(name: str, data: dict[str, Any]) -> dict[str, Any]:
    """The fields as declared: a JSON column forgets their order."""
    return {field: data[field] for field in ORDER.get(name, tuple(data)) if field in data}
