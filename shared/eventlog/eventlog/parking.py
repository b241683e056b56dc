"""Streams of which an event could not be applied: parked in order, listed, and drained by command after a fix.

Whoever parks, drains or adds locks the stream's row first: an event is applied or parked, never both or neither.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from eventlog.arrived import PLACE, STREAM_AT, Arrived, id_text
from eventlog.connection import Connection

Stream = tuple[str, str]
"""Source and stream."""

LOCK = """
select source, stream from projection.parked_stream
where reader = $1 and (source, stream) in (select * from unnest($2::text[], $3::text[]))
order by source, stream for update
"""
PARK_STREAM = """
insert into projection.parked_stream (reader, source, stream, partition, reason)
values ($1, $2, $3, $4, $5) on conflict do nothing
"""
PARK = """
insert into projection.parked (reader, source, partition, sequence, stream, kafka_key, placement, document)
select $1, * from unnest($2::text[], $3::smallint[], $4::bigint[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[])
"""
LIST = """
select s.reader, s.source, s.stream, s.partition, s.reason, s.parked_at, count(*) as events, min(p.sequence) as first
from projection.parked_stream s join projection.parked p using (reader, source, stream)
where $1::text is null or s.reader = $1
group by s.reader, s.source, s.stream order by s.parked_at, s.source, s.stream
"""
FIRST = """
select source, partition, sequence, stream, kafka_key, placement, document from projection.parked
where reader = $1 and source = $2 and stream = $3 order by sequence limit $4
"""
EVENTS = """
select source, partition, sequence, stream, kafka_key, placement, document from projection.parked
where reader = any($1::text[]) order by source, partition, sequence
"""
DRAINED = "delete from projection.parked where reader = $1 and source = $2 and partition = $3 and sequence = any($4)"
RELEASE = """
delete from projection.parked_stream s where reader = $1 and source = $2 and stream = $3
and not exists (select from projection.parked p
                where p.reader = s.reader and p.source = s.source and p.stream = s.stream)
"""
IS_PARKED = (
    "select stream from projection.parked where reader = $1 and source = $2 and partition = $3 and sequence = $4"
)


class Aside(NamedTuple):
    """An event to be parked, and why."""

    arrived: Arrived
    reason: str


class ParkedStream(NamedTuple):
    """A parked stream as health, metrics and the ops page show it; `first`: the sequence that could not be applied."""

    reader: str
    source: str
    stream: str
    partition: int
    reason: str
    parked_at: datetime
    events: int
    first: int


async def lock(connection: Connection, reader: str, streams: Iterable[Stream]) -> set[Stream]:
    """Lock these streams' rows, in order; answers those that are still parked."""
    ordered = sorted(streams)
    rows = await connection.fetch(LOCK, reader, [each[0] for each in ordered], [each[1] for each in ordered])
    return {(row["source"], row["stream"]) for row in rows}


async def park(connection: Connection, reader: str, aside: Sequence[Aside]) -> None:
    """Put events behind those their streams already hold. The caller holds the partitions' positions."""
    first: dict[Stream, Aside] = {}
    for each in aside:
        first.setdefault((each.arrived.source, each.arrived.stream), each)
    for (source, stream), each in sorted(first.items()):
        await connection.execute(PARK_STREAM, reader, source, stream, each.arrived.partition, each.reason)
    events = [each.arrived for each in aside]
    await connection.execute(
        PARK,
        reader,
        [event.source for event in events],
        [event.partition for event in events],
        [event.sequence for event in events],
        [event.stream for event in events],
        [event.key for event in events],
        [event.placement for event in events],
        [event.document for event in events],
    )


async def parked_streams(connection: Connection, reader: str | None = None) -> list[ParkedStream]:
    """What is parked, oldest first; `reader` None: by any reader."""
    return [ParkedStream(**dict(row)) for row in await connection.fetch(LIST, reader)]


async def first_events(connection: Connection, reader: str, stream: Stream, limit: int) -> list[Arrived]:
    """The oldest parked events of a stream, in order. The caller has locked its row."""
    return [_arrived(row) for row in await connection.fetch(FIRST, reader, *stream, limit)]


async def events_of(connection: Connection, readers: Sequence[str]) -> list[Arrived]:
    """Every event that any of these readers holds parked: what a comparison of two generations leaves out."""
    return [_arrived(row) for row in await connection.fetch(EVENTS, list(readers))]


async def drained(connection: Connection, reader: str, events: Sequence[Arrived]) -> None:
    """These events of one stream are applied: forget them, and the stream once it holds none."""
    if events:
        first = events[0]
        sequences = [event.sequence for event in events]
        await connection.execute(DRAINED, reader, first.source, first.partition, sequences)
        await connection.execute(RELEASE, reader, first.source, first.stream)


async def stream_parked_at(
    connection: Connection, reader: str, source: str, partition: int, sequence: int
) -> str | None:
    """The parked stream that holds this event, if it is parked: a token for it is answered 503 `stream-parked`."""
    stream: str | None = await connection.fetchval(IS_PARKED, reader, source, partition, sequence)
    return stream


def _arrived(row: "dict[str, object]") -> Arrived:
    placement, document = bytes(row["placement"]), bytes(row["document"])  # type: ignore[call-overload]
    _, partition, sequence, lineage, _, _, _, recorded_at, previous = PLACE.unpack_from(placement)
    return Arrived(
        str(row["source"]),
        partition,
        sequence,
        lineage,
        previous if any(previous) else None,
        bytes.fromhex(id_text(document).replace("-", "")),
        recorded_at,
        placement[STREAM_AT:].decode(),
        -1,
        bytes(row["kafka_key"]),  # type: ignore[call-overload]
        document,
        placement,
    )
