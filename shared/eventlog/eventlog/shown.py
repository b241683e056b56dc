"""Which version of a stream a snapshot of the read model shows: the one that an answer made from it may be called.

The log may hold a later one, which the projector has not applied yet: who writes over what was shown must not name it.
"""

from __future__ import annotations

from eventlog.connection import Connection, Pool

WITHOUT_CUT = 2**63 - 1
SEEN = """
select p.sequence, (
    select min(k.sequence) from projection.parked k where k.reader = p.reader and k.source = p.source and k.stream = $3
) as parked
from projection.position p join projection.generation g on p.reader = g.schema
where p.source = $1 and p.partition = $2
"""
VERSION = """
select version from log.event where stream = $1 and version > 0 and sequence <= $2 order by version desc limit 1
"""


async def shown_version(
    conn: Connection, pool: Pool, *, source: str, partition: int, stream: str, within: int | None = None
) -> int:
    """The last version of a stream of this log that a snapshot shows, at most up to the sequence `within`; 0: none.

    `conn` is inside the snapshot; `pool` reads the log, whose events up to a sequence never change. Of a stream that is
    parked the snapshot shows what came before the event that could not be applied.
    """
    row = await conn.fetchrow(SEEN, source, partition, stream)
    if row is None:
        return 0
    seen = min(row["sequence"], WITHOUT_CUT if within is None else within)
    if row["parked"] is not None:
        seen = min(seen, row["parked"] - 1)
    return await pool.fetchval(VERSION, stream, seen) or 0
