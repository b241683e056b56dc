"""A service's database from inside: its log's figures, its tables' digests, a rebuild. For operators, not requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import asyncpg
from aiokafka.errors import KafkaError

from dealerlog.fleet import Fleet, Member
from dealerlog.problem import Problem
from eventlog import comparing, generations, loading
from eventlog.database import connect_pool
from eventlog.digest import Digest, digest
from eventlog.loading import Lost, Stalled
from eventlog.parking import ParkedStream, parked_streams
from eventlog.plan import Plan
from eventlog.rebuild import Busy, Different, Progress, Rebuild, Rebuilt
from eventlog.slice import Forked
from eventlog.topics import topic_of
from eventlog.workers import WorkerFailed, Workers

FIGURES = """
select (select count(*) from log.event) as events,
    (select coalesce(sum(sequence), 0)::bigint from log.mark) as published,
    (select lineage from log.lineage) as lineage
"""
SYSTEM = "select system_identifier::text from log.lineage"
REACTIONS = """
select p.reader, p.source, sum(p.sequence)::bigint as sequence from projection.position p
where p.reader not in (select 'g' || generation from projection.built) group by 1, 2 order by 1, 2
"""
OLDEST_UNSEEN = """
select extract(epoch from clock_timestamp() - min(e.recorded_at))::float from log.event e
join unnest($1::smallint[], $2::bigint[]) as seen (partition, sequence) using (partition)
where e.sequence = seen.sequence + 1
"""
BY_PARTITION = """
select p.source, p.partition, p.sequence from projection.position p join projection.generation g on p.reader = g.schema
"""
LOG_COLUMNS = {
    "partition": "smallint", "sequence": "bigint", "n": "smallint", "m": "smallint", "version": "integer",
    "lineage": "integer", "id": "uuid", "previous": "uuid", "command": "uuid", "recorded_at": "timestamptz",
    "request_hash": "bytea", "stream": "text", "document": "bytea",
}  # fmt: skip
ENDS = "select partition, max(sequence) as sequence from log.event group by partition order by partition"


class Log(NamedTuple):
    """A log's size, what of it Kafka acknowledged, and its lineage."""

    events: int
    published: int
    lineage: int


@dataclass(frozen=True)
class ReadModel:
    """One service's database, opened as the role that appends and projects."""

    fleet: Fleet
    member: Member
    pool: Any
    plan: Plan

    async def log(self) -> Log:
        """The log's figures."""
        return Log(**dict(await self.pool.fetchrow(FIGURES)))

    async def ends(self) -> dict[int, int]:
        """The last sequence of each partition that holds events."""
        return {row["partition"]: row["sequence"] for row in await self.pool.fetch(ENDS)}

    async def seen_by_partition(self) -> dict[str, dict[int, int]]:
        """The last sequence seen of each source and partition by the generation that requests read."""
        found: dict[str, dict[int, int]] = {}
        for row in await self.pool.fetch(BY_PARTITION):
            found.setdefault(row["source"], {})[row["partition"]] = row["sequence"]
        return found

    async def reactions(self) -> dict[str, dict[str, int]]:
        """Events seen by each reaction of each source."""
        found: dict[str, dict[str, int]] = {}
        for row in await self.pool.fetch(REACTIONS):
            found.setdefault(row["reader"], {})[row["source"]] = row["sequence"]
        return found

    async def oldest_unseen_seconds(self, seen: dict[int, int]) -> float:
        """Age of the oldest event of this log that somebody who stands at `seen` has not got."""
        age = await self.pool.fetchval(OLDEST_UNSEEN, list(seen), list(seen.values()))
        return float(age or 0.0)

    async def parked(self) -> list[ParkedStream]:
        """Streams that wait for the operator."""
        async with self.pool.acquire() as connection:
            return await parked_streams(connection)

    async def log_digest(self) -> Digest:
        """Rows and digest of the log itself: every event with its whole placement."""
        async with self.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            return await digest(connection, "log", "event", LOG_COLUMNS)

    async def digests(self) -> dict[str, Digest]:
        """Rows and digest of every table of the generation that requests read."""
        async with self.pool.acquire() as connection, connection.transaction(isolation="repeatable_read"):
            current = await generations.current(connection)
            columns = comparing.compared_columns(self.plan, current.shape, comparing.changes(self.plan, {}))
            return await comparing.digests(connection, current.schema, columns, {})

    async def rebuild(self, progress: Callable[[Progress], None], *, keep: bool = False, processes: int = 1) -> Rebuilt:
        """Fill a new generation from Kafka, compare and switch; raises Problem where they differ or it cannot be done.

        Afterwards every other generation is dropped, unless `keep`: the old one then stays, unread. Several
        `processes` share the partitions where there is enough to read.
        """
        from service.rls import RowSecurity

        kafka = self.fleet.kafka.client_options()
        if processes > 1 and "ssl_context" in kafka:
            raise Problem("Kafka is reached by TLS, which one process cannot hand to another: rebuild with one")
        rebuild = Rebuild(
            self.plan, self.pool, kafka=kafka,
            load=self._workers(processes) if processes > 1 else loading.load,
            topics={topic_of(source, self.fleet.prefix): source for source in self.plan.sources},
            security=RowSecurity.of(self.fleet.databases[self.member.name].name), progress=progress,
        )  # fmt: skip
        try:
            rebuilt = await rebuild.run()
        except (Busy, Different, Forked, Lost, Stalled, WorkerFailed, KafkaError) as error:
            raise Problem(f"{self.member.name}: {error}") from error
        async with self.pool.acquire() as connection:
            for each in await generations.built(connection):
                if not keep and not each.current and each.generation < rebuilt.generation:
                    await generations.drop(connection, each.generation)
        return rebuilt

    def _workers(self, processes: int) -> Workers:
        return Workers(
            f"{self.member.package}.projections:TABLES", self.fleet.databases[self.member.name].app, processes
        )


@asynccontextmanager
async def opened(fleet: Fleet, member: Member) -> AsyncIterator[ReadModel]:
    """Open a service's database; a Problem where it cannot be reached or was never migrated."""
    url = fleet.databases[member.name].app
    try:
        pool = await connect_pool(url, size=10, bounded=False)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise Problem(f"{member.name}'s database cannot be opened: {error or type(error).__name__}") from error
    try:
        yield ReadModel(fleet, member, pool, Plan(member.declaration.tables))
    except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError) as error:
        raise Problem(f"{member.name}'s database is empty: `make run` migrates it ({error})") from error
    finally:
        await pool.close()


async def system_of(url: str) -> str:
    """The identifier of the PostgreSQL server that a log was made on."""
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(SYSTEM))
    finally:
        await connection.close()
