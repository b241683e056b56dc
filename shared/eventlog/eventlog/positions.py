"""Positions of a reader in the database: opened at 0, loaded, and moved within the batch's own transaction."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from eventlog.arrived import moment_of
from eventlog.connection import Connection
from eventlog.reached import Reached

Place = tuple[str, int]
"""Source and partition."""

OPEN = """
insert into projection.position (reader, source, partition)
select $1, source, partition from unnest($2::text[]) as source, generate_series(0, $3::integer - 1) as partition
on conflict do nothing
"""
OPEN_LIVE = """
insert into projection.position (reader, source, partition)
select 'g' || generation, source, partition
from projection.built, unnest($1::text[]) as source, generate_series(0, $2::integer - 1) as partition
where state = 'live'
on conflict do nothing
"""
LOAD = """
select source, partition, sequence, event, kafka_offset, lineages
from projection.position where reader = $1 and source = any($2::text[])
"""
CURRENT_READER = "select schema from projection.generation"
ADVANCE = """
select reader, parked from projection.advance(
    $1, $2::text[], $3::smallint[], $4::bigint[], $5::uuid[], $6::bigint[], $7::uuid[], $8::bigint[], $9::text[],
    $10::timestamptz[])
"""


class Move(NamedTuple):
    """One partition's step: from where to where, and when the last event of it was recorded (microseconds)."""

    before: Reached
    after: Reached
    recorded_at: int | None


class Fed(NamedTuple):
    """A reader whose positions moved with this transaction, and the streams of these partitions it holds parked."""

    reader: str
    parked: frozenset[tuple[str, str]]


async def load(connection: Connection, reader: str, sources: Sequence[str]) -> dict[Place, Reached]:
    """Where a reader stands in every partition of these sources."""
    rows = await connection.fetch(LOAD, reader, list(sources))
    return {
        (row["source"], row["partition"]): Reached(
            row["sequence"],
            row["event"].bytes if row["event"] else None,
            row["kafka_offset"],
            tuple((lineage, first) for lineage, first in json.loads(row["lineages"])),
        )
        for row in rows
    }


async def advance(connection: Connection, reader: str | None, moves: Mapping[Place, Move]) -> list[Fed]:
    """First statement of a batch: move these positions if they stand where we think; else nothing, and no reader.

    `reader` None: of every live generation, which all stand at the same positions.
    """
    places = sorted(moves)
    steps = [moves[place] for place in places]
    rows = await connection.fetch(
        ADVANCE,
        reader,
        [source for source, _ in places],
        [partition for _, partition in places],
        [step.before.sequence for step in steps],
        [_uuid(step.before.event) for step in steps],
        [step.after.sequence for step in steps],
        [_uuid(step.after.event) for step in steps],
        [step.after.offset for step in steps],
        [json.dumps(step.after.lineages) for step in steps],
        [None if step.recorded_at is None else moment_of(step.recorded_at) for step in steps],
    )
    return [Fed(row["reader"], frozenset(_split(each) for each in row["parked"])) for row in rows]


def _uuid(event: bytes | None) -> UUID | None:
    return None if event is None else UUID(bytes=event)


def _split(source_and_stream: str) -> tuple[str, str]:
    source, _, stream = source_and_stream.partition(" ")
    return source, stream
