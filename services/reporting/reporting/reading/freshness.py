"""How far each log is shown here, and when its last event was recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

FRESHNESS = """
select p.source, sum(p.sequence)::bigint as events, max(p.recorded_at) as recorded_at, max(p.moved_at) as moved_at,
    (select count(*) from projection.parked_stream k where k.reader = p.reader and k.source = p.source) as parked
from projection.position p join projection.generation g on p.reader = g.schema
group by p.source, p.reader order by p.source
"""


@dataclass(frozen=True)
class Freshness:
    """One log as shown here: events seen, the moment the latest of them was recorded, streams that are parked."""

    source: str
    events: int
    recorded_at: datetime | None
    moved_at: datetime | None
    parked: int


async def freshness(pool: Any) -> list[Freshness]:
    """Every log that this service reads."""
    return [Freshness(**dict(row)) for row in await pool.fetch(FRESHNESS)]
