"""A call of facts: rows that are each a command of one event, decided before they are numbered."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from eventlog.connection import Pool
from eventlog.gathering import TRIES, closed
from eventlog.meta import Fact, Known, Verdict
from eventlog.position import Position
from eventlog.refusals import Contended
from events.placement import key_of, partition_of

MOST_ROWS = 1000
CALLS_AT_ONCE = 4
RECORD = "select * from log.record($1, $2, $3, $4, $5, $6, $7, $8, $9)"

OF_REQUEST = """
select command, id, partition, sequence, lineage, request_hash, stream from log.event
where id = $1 and version = 0 and uuid_extract_version(id) = 8
"""


async def of_request(pool: Pool, service: str, request: UUID) -> Known | None:
    """The fact that a request recorded: its event's id is the request's command id."""
    row = await pool.fetchrow(OF_REQUEST, request)
    if row is None:
        return None
    at = Position(service, row["partition"], row["sequence"], row["lineage"])
    return Known(row["command"], row["id"], at, row["request_hash"], row["stream"])


async def record(pool: Pool, service: str, facts: Sequence[Fact], partitions: int) -> list[Verdict]:
    """Write facts of any keys; a verdict a row, in the order given. Slices are committed one by one."""
    by_partition: defaultdict[int, list[int]] = defaultdict(list)
    for place, fact in enumerate(facts):
        by_partition[partition_of(key_of(fact.stream), partitions)].append(place)
    verdicts: list[Verdict | None] = [None] * len(facts)
    room = asyncio.Semaphore(CALLS_AT_ONCE)

    async def write(partition: int, places: list[int]) -> None:
        for slice_ in _slices(places, facts):
            async with room:
                rows = await _call(pool, partition, [facts[place] for place in slice_])
            for place, (kind, sequence, lineage) in zip(slice_, rows, strict=True):
                at = Position(service, partition, sequence, lineage) if sequence else None
                verdicts[place] = Verdict(kind, at)

    await asyncio.gather(*(write(*item) for item in by_partition.items()))
    return [verdict for verdict in verdicts if verdict is not None]


def _slices(places: Sequence[int], facts: Sequence[Fact]) -> Iterator[Sequence[int]]:
    """Slices of about `MOST_ROWS`, none of which ends inside a unit."""
    start = 0
    while start < len(places):
        end = start + MOST_ROWS
        while end < len(places) and _of_one_unit(facts[places[end - 1]], facts[places[end]]):
            end += 1
        yield places[start:end]
        start = end


def _of_one_unit(one: Fact, other: Fact) -> bool:
    return one.unit is not None and one.unit == other.unit


def columns_of(facts: Sequence[Fact]) -> tuple[Sequence[Any], ...]:
    """What `RECORD` takes after the partition."""
    streams, commands, hashes, ids, documents, claims, units, seen = zip(*facts, strict=True)
    return streams, commands, hashes, ids, claims, documents, units, seen


async def _call(pool: Pool, partition: int, facts: list[Fact]) -> list[asyncpg.Record]:
    for _ in range(TRIES):
        try:
            return await pool.fetch(RECORD, partition, *columns_of(facts))
        except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
            continue  # another partition wrote one of these ids meanwhile: now it is known
        except asyncpg.PostgresError as error:
            raise closed(error) from error
    raise Contended("another partition wrote the same ids three times in a row: retry")
