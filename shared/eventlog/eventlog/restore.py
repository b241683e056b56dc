"""A log back from its topic: `restore` into an empty database, `adopt` where the server or its history changed.

Document and placement are all that a log needs; command ids are among them, so a repeat is still recognised. Both end
by raising the lineage, after which nothing that the lost server may still send can be taken for ours. Run as the owner
role, with every writer stopped (the lineage keeps a running one out).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import asyncpg

from eventlog import tail
from eventlog.reading import event_of
from eventlog.tail import Foreign, Published
from eventlog.topics import Options
from events import Decider, category_of
from events.placement import PARTITIONS

Progress = Callable[[int, int], None]
"""Called with (partition, events loaded so far in all)."""

COLUMNS = [
    "partition", "sequence", "n", "m", "version", "lineage", "id", "previous", "command", "recorded_at",
    "request_hash", "stream", "document",
]  # fmt: skip
LAST = "select sequence, id from log.event where partition = $1 order by sequence desc limit 1"
ANY = "select exists (select from log.event)"
RAISE = """
update log.lineage set lineage = greatest(lineage, $1) + 1, opened = true, service = $2,
    system_identifier = (select system_identifier from pg_control_system()),
    timeline = substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
    returning lineage
"""
MARK = """
insert into log.mark (partition, sequence, id, kafka_offset) values ($1, $2, $3, $4)
    on conflict (partition) do update set sequence = excluded.sequence, id = excluded.id,
        kafka_offset = excluded.kafka_offset
"""
EDITED = "select stream, document from log.event where version > 0 order by stream, version"
FACTS = "select stream, document from log.event where version = 0 order by stream, sequence"
CLAIM_KEY = "alter table log.claim add primary key (key)"


class CannotRestore(Exception):
    """The topic does not hold a whole history of this log, or the log holds another."""


class Restored(NamedTuple):
    """What came back: events loaded, claims folded, and the lineage from now on."""

    events: int
    claims: int
    lineage: int


async def restore(
    owner_url: str, kafka: Options, topic: str, service: str, deciders: Iterable[Decider[Any, Any]], **options: Any
) -> Restored:
    """Fill an empty, migrated database from its topic; raises `CannotRestore` if it is not, or if a part is missing."""
    connection = await asyncpg.connect(owner_url)
    try:
        if await connection.fetchval(ANY):
            raise CannotRestore("the log is not empty: restore fills a new database; adopt joins a log to its topic")
        with _ours_alone():
            return await _join(connection, kafka, topic, service, deciders, **options)
    finally:
        await connection.close()


async def adopt(
    owner_url: str, kafka: Options, topic: str, service: str, deciders: Iterable[Decider[Any, Any]], **options: Any
) -> Restored:
    """Add to a log what its topic has and it lacks, then raise the lineage: after a promotion or a restore to a moment.

    Raises `CannotRestore` where both hold different events at the same sequence.
    """
    connection = await asyncpg.connect(owner_url)
    try:
        with _ours_alone():
            return await _join(connection, kafka, topic, service, deciders, **options)
    finally:
        await connection.close()


@contextmanager
def _ours_alone() -> Iterator[None]:
    """A topic that holds a foreign record cannot fill a log."""
    try:
        yield
    except Foreign as error:
        raise CannotRestore(str(error)) from error


async def _join(
    connection: asyncpg.Connection[asyncpg.Record],
    kafka: Options,
    topic: str,
    service: str,
    deciders: Iterable[Decider[Any, Any]],
    *,
    partitions: int = PARTITIONS,
    progress: Progress = lambda partition, events: None,
) -> Restored:
    loaded, highest = 0, 0
    async with connection.transaction():
        await connection.execute("lock table log.lineage, log.event, log.claim, log.head in access exclusive mode")
        for partition in range(partitions):
            last = await _last(connection, partition)
            async for records in _missing(kafka, topic, partition, last):
                await connection.copy_records_to_table(
                    "event", schema_name="log", columns=COLUMNS, records=[_row(each) for each in records]
                )
                loaded += len(records)
                highest = max(highest, records[-1].placement.lineage)
                progress(partition, loaded)
        for partition, end in (await tail.ends(kafka, topic, partitions)).items():
            if end.last:
                await connection.execute(MARK, partition, end.last.placement.sequence, end.last.id, end.last.offset)
        highest = max(highest, await connection.fetchval("select coalesce(max(lineage), 0) from log.event"))
        await connection.execute("delete from log.head")
        claims = await fold_claims(connection, deciders)
        await connection.execute("alter table log.claim drop constraint claim_pkey")
        await connection.execute("delete from log.claim")
        await connection.copy_records_to_table("claim", schema_name="log", records=list(claims.items()))
        await connection.execute(CLAIM_KEY)
        lineage = await connection.fetchval(RAISE, highest, service)
    return Restored(loaded, len(claims), lineage)


async def fold_claims(
    connection: asyncpg.Connection[asyncpg.Record], deciders: Iterable[Decider[Any, Any]]
) -> dict[str, str]:
    """The claims that the events of each stream alone amount to: name → stream. Must run in a transaction."""
    by_category = {decider.category: decider for decider in deciders}
    claims: dict[str, str] = {}
    for query in (EDITED, FACTS):
        async for stream, document in connection.cursor(query, prefetch=5000):
            decider = by_category.get(category_of(stream))
            if decider is None or decider.claims.__name__ == "no_claims":
                continue
            change = decider.claims(event_of(document))
            for key in change.release:
                if claims.get(key) == stream:
                    del claims[key]
            claims.update({key: stream for key in change.take if key not in claims})
    return claims


async def _last(connection: asyncpg.Connection[asyncpg.Record], partition: int) -> tuple[int, Any]:
    row = await connection.fetchrow(LAST, partition)
    return (row[0], row[1]) if row else (0, None)


async def _missing(kafka: Options, topic: str, partition: int, last: tuple[int, Any]) -> AsyncIterator[list[Published]]:
    """The records behind `last`, checked to be one chain of whole commands; duplicates in the topic are passed over."""
    place = f"{topic}[{partition}]"
    sequence, id_ = last
    open_command = False
    async for batch in tail.scan(kafka, topic, partition):
        fresh = []
        for record in batch:
            at = record.placement
            if at.sequence <= sequence:
                if at.sequence == last[0] and record.id != last[1]:
                    raise CannotRestore(f"{place} holds {record.id} at {at.sequence}, the log {last[1]}: two histories")
                continue
            if at.sequence != sequence + 1 or at.previous != id_:
                raise CannotRestore(
                    f"{place} lacks what comes after sequence {sequence}: it begins again at {at.sequence}"
                )
            sequence, id_, open_command = at.sequence, record.id, at.n != at.m
            fresh.append(record)
        if fresh:
            yield fresh
    if open_command:
        raise CannotRestore(f"{place} ends inside a command, at sequence {sequence}: its end was never acknowledged")


def _row(record: Published) -> tuple[Any, ...]:
    at = record.placement
    return (
        at.partition, at.sequence, at.n, at.m, at.version, at.lineage, record.id, at.previous, at.command, at.moment,
        at.request_hash, at.stream, record.document,
    )  # fmt: skip
