"""A log back from its topic: `restore` into an empty database, `adopt` where the server or its history changed.

Document and placement are all that a log needs; command ids are among them, so a repeat is still recognised. Both raise
the lineage, and fence the topic with it before they read its end: what a publisher of the lost server still sends, now
or when it wakes, stands before the fence and comes along, or behind it and counts for nobody. Run as the owner role,
with every writer stopped (the lineage keeps a running one out).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import asyncpg

from eventlog import tail
from eventlog.fencing import fence
from eventlog.reading import event_of
from eventlog.tail import Foreign, History, Published
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
update log.lineage set lineage = $1, opened = true, service = $2,
    system_identifier = (select system_identifier from pg_control_system()),
    timeline = substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
"""
HIGHEST = """
select greatest((select lineage from log.lineage), (select coalesce(max(lineage), 0) from log.event))
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
    """Fill an empty, migrated database from its topic; raises `CannotRestore` if it is not, or if a part is missing.

    `fenced=False`: a copy to read, whose log nobody will write; the topic stays its owner's.
    """
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
    fenced: bool = True,
    progress: Progress = lambda partition, events: None,
) -> Restored:
    async with connection.transaction():
        await connection.execute("lock table log.lineage, log.event, log.claim, log.head in access exclusive mode")
        chains = {p: _Chain(f"{topic}[{p}]", *await _last(connection, p)) for p in range(partitions)}
        loading = _Loading(connection, kafka, topic, chains, progress)
        await loading.read()
        lineage = 1 + max(await connection.fetchval(HIGHEST), *(each.epoch for each in loading.histories.values()))
        if fenced:
            await fence(kafka, topic, chains, lineage)
            await loading.read()
            if any(each.epoch != lineage for each in loading.histories.values()):
                raise CannotRestore(f"{topic} was made anew, or taken over, meanwhile: look who did, then try again")
        for chain in chains.values():
            chain.require_whole()
            if chain.mark:
                mark = chain.mark
                await connection.execute(MARK, mark.placement.partition, mark.placement.sequence, mark.id, mark.offset)
        await connection.execute("delete from log.head")
        claims = await fold_claims(connection, deciders)
        await connection.execute("alter table log.claim drop constraint claim_pkey")
        await connection.execute("delete from log.claim")
        await connection.copy_records_to_table("claim", schema_name="log", records=list(claims.items()))
        await connection.execute(CLAIM_KEY)
        await connection.execute(RAISE, lineage, service)
    return Restored(loading.events, len(claims), lineage)


class _Loading:
    """Reads a topic on, as far as it goes each time, and adds to the log what that lacks."""

    def __init__(
        self, connection: asyncpg.Connection[asyncpg.Record], kafka: Options, topic: str, chains: dict[int, _Chain],
        progress: Progress,
    ) -> None:  # fmt: skip
        self.histories = {partition: History() for partition in chains}
        self.events = 0
        self._connection, self._kafka, self._topic = connection, kafka, topic
        self._chains, self._progress = chains, progress
        self._offsets = dict.fromkeys(chains, 0)

    async def read(self) -> None:
        """From where the last reading ended; raises `CannotRestore`."""
        async with tail.reading(self._kafka, self._topic, self._offsets, self.histories) as topic_now:
            async for partition, records in topic_now.records():
                if fresh := self._chains[partition].take(records):
                    rows = [_row(each) for each in fresh]
                    await self._connection.copy_records_to_table(
                        "event", schema_name="log", columns=COLUMNS, records=rows
                    )
                    self.events += len(fresh)
                    self._progress(partition, self.events)
            self._offsets = {partition: end.next_offset for partition, end in topic_now.ends.items()}


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


class _Chain:
    """One partition: what its topic tells behind the log's last event, checked to be one chain of whole commands.

    Repeats in the topic are passed over. `mark`: the topic's last event.
    """

    def __init__(self, place: str, sequence: int, id_: Any) -> None:
        self.mark: Published | None = None
        self._place, self._last = place, (sequence, id_)
        self._sequence, self._id, self._open_command = sequence, id_, False

    def take(self, records: Iterable[Published]) -> list[Published]:
        """What the log lacks of the next records; raises `CannotRestore`."""
        fresh = []
        for record in records:
            at = record.placement
            if not self.mark or at.sequence > self.mark.placement.sequence:
                self.mark = record
            if at.sequence <= self._sequence:
                if at.sequence == self._last[0] and record.id != self._last[1]:
                    raise CannotRestore(
                        f"{self._place} holds {record.id} at {at.sequence}, the log {self._last[1]}: two histories"
                    )
                continue
            if at.sequence != self._sequence + 1 or at.previous != self._id:
                raise CannotRestore(
                    f"{self._place} lacks what comes after sequence {self._sequence}: it begins again at {at.sequence}"
                )
            self._sequence, self._id, self._open_command = at.sequence, record.id, at.n != at.m
            fresh.append(record)
        return fresh

    def require_whole(self) -> None:
        """Raises `CannotRestore` where the topic ends inside a command."""
        if self._open_command:
            raise CannotRestore(
                f"{self._place} ends inside a command, at sequence {self._sequence}: its end was never acknowledged"
            )


def _row(record: Published) -> tuple[Any, ...]:
    at = record.placement
    return (
        at.partition, at.sequence, at.n, at.m, at.version, at.lineage, record.id, at.previous, at.command, at.moment,
        at.request_hash, at.stream, record.document,
    )  # fmt: skip
