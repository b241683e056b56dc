"""Reading the log itself: by stream, by key, by partition. Complete to this moment, unlike any projection."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from eventlog.connection import Connection, Pool
from eventlog.refusals import Unreadable
from events import Event, Placement, decode
from events.placement import microseconds
from events.unreadable import Unreadable as EventUnreadable

COLUMNS = """partition, sequence, previous, lineage, stream, version, command, request_hash, n, m, recorded_at,
    id, document"""
STREAM = f"select {COLUMNS} from log.event where stream = $1 and version > 0 and version <= $2 order by version"
FACTS = f"select {COLUMNS} from log.event where stream = $1 and version = 0 order by sequence"
KEY = f"""
with of_key as (
    select {COLUMNS} from log.event where stream >= $1 || '/' and stream < $1 || '0' and version > 0
    union all
    select {COLUMNS} from log.event where stream >= $1 || '/' and stream < $1 || '0' and version = 0
)
select * from of_key where sequence <= $2 order by sequence
"""
SLICE = f"""
select {COLUMNS} from log.event where partition = $1 and sequence > $2 order by sequence limit $3
"""
EVER = 2**31 - 1
ALL = 2**62


class LogRow(NamedTuple):
    """One event as the log holds it: the columns of its placement, its id and its document's bytes."""

    partition: int
    sequence: int
    previous: UUID | None
    lineage: int
    stream: str
    version: int
    command: UUID
    request_hash: bytes
    n: int
    m: int
    recorded_at: datetime
    id: UUID
    document: bytes

    @property
    def placement(self) -> Placement:
        """The placement as it travels in Kafka's header."""
        return Placement(*self[:10], microseconds(self.recorded_at))


async def stream(pool: Pool | Connection, name: str, up_to: int | None = None) -> list[LogRow]:
    """A stream in order: by version if it is edited, by sequence if it is of facts."""
    rows = await pool.fetch(STREAM, name, EVER if up_to is None else up_to)
    if not rows and up_to is None:
        rows = await pool.fetch(FACTS, name)
    return [LogRow(*row) for row in rows]


async def key(pool: Pool | Connection, name: str, up_to: int | None = None) -> list[LogRow]:
    """Every event of one key, by sequence (all of them lie in one partition)."""
    return [LogRow(*row) for row in await pool.fetch(KEY, name, ALL if up_to is None else up_to)]


async def slice_of(pool: Pool | Connection, partition: int, after: int, limit: int) -> list[LogRow]:
    """The next events of a partition."""
    return [LogRow(*row) for row in await pool.fetch(SLICE, partition, after, limit)]


def event_of(document: bytes) -> Event:
    """The event in a document, in its current version; raises `Unreadable`."""
    try:
        return decode(document).event
    except EventUnreadable as error:
        raise Unreadable(str(error)) from error
