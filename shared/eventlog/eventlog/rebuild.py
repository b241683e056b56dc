"""Fill a new generation from the log while the old one serves, prove it equal, and switch. Architecture 3, "rebuild".

    rebuilt = await Rebuild(plan, pool, kafka=…, topics=…, security=…).run()

Abort by cancelling: the new generation is dropped, the old one was never touched. The old one stays until `drop`.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import asyncpg

from eventlog import comparing, ddl, generations, loading, parking, positions
from eventlog.comparing import Compared
from eventlog.connection import Connection, Pool
from eventlog.generations import Built, Open, Security
from eventlog.loading import Load
from eventlog.parking import ParkedStream
from eventlog.plan import Plan
from eventlog.positions import Place
from eventlog.reached import Reached

CLOSE_EVENTS = 5_000
"""So near to blue, the rest is loaded while its projector waits."""
SWITCH_SECONDS = 20.0
TAKE = "select pg_try_advisory_lock(hashtext('projection.rebuild'))"
GIVE = "select pg_advisory_unlock(hashtext('projection.rebuild'))"


class Progress(NamedTuple):
    """Where a rebuild is: its step, events done of all, events/s, and seconds left (None before the rate is known)."""

    step: str
    events: int
    total: int
    rate: float
    seconds_left: float | None


class Rebuilt(NamedTuple):
    """What a rebuild did: the generation now read, every table compared, tables only one side has, what is parked."""

    generation: int
    events: int
    seconds: float
    compared: list[Compared]
    added: list[str]
    removed: list[str]
    parked: list[ParkedStream]


class Busy(Exception):
    """Another rebuild of this service is running."""


class Different(Exception):
    """Digests differ and no declared change explains it; the new generation is kept, unread, until it is dropped."""

    def __init__(self, generation: int, compared: list[Compared]) -> None:
        self.generation, self.compared = generation, compared
        self.tables = [each.table for each in compared if not each.equal]
        super().__init__(
            f"generation {generation} differs in {', '.join(self.tables)}; look at it, then drop it; "
            f"a change that is meant is declared with changed=(column, …) at the table"
        )


class Rebuild:
    """One rebuild. `changed`: table → columns that may differ, beside what the declarations say ("*": the table).

    `pool` needs 4 connections without `transaction_timeout` (`connect_pool(…, bounded=False)`), for blue's snapshot
    lasts as long as the load. `load`: `loading.load`, or `workers.Workers` for several processes.
    """

    def __init__(
        self,
        plan: Plan,
        pool: Pool,
        *,
        kafka: Mapping[str, Any],
        topics: Mapping[str, str],
        partitions: int = 12,
        security: Security | None = None,
        changed: Mapping[str, Collection[str]] | None = None,
        progress: Callable[[Progress], None] = lambda progress: None,
        load: Callable[..., Any] = loading.load,
    ) -> None:
        self.plan, self.pool, self.partitions = plan, pool, partitions
        self.kafka, self.topics = kafka, {source: topic for topic, source in topics.items()}
        self.security, self.progress, self._load = security or Open(), progress, load
        self.changed = comparing.changes(plan, changed or {})
        self.events, self.total, self.started = 0, 0, time.monotonic()

    async def run(self) -> Rebuilt:
        """Fill, prove, catch up, switch. Raises `Busy`, `Different`, `Forked`, `Stalled`; cancel it to abort."""
        async with self.pool.acquire() as guard:
            if await guard.fetchval("show transaction_timeout") != "0":
                raise ValueError("a rebuild's snapshot outlasts this pool's transaction_timeout: connect unbounded")
            if not await guard.fetchval(TAKE):
                raise Busy("another rebuild of this service is running: wait for it, or abort it")
            try:
                return await self._run(guard)
            finally:
                await guard.execute(GIVE)

    async def _run(self, guard: Connection) -> Rebuilt:
        await generations.ensure(self.pool, self.plan, self.partitions, self.security)
        blue = await generations.current(guard)
        for abandoned in await generations.built(guard):
            if abandoned.state == "filling":
                await generations.drop(guard, abandoned.generation)
        async with guard.transaction():
            green = await generations.create(guard, self.plan, self.partitions, self.security, state="filling")
        try:
            compared, parked = await self._fill_and_compare(blue, green)
            await self._switch(guard, blue, green)
        except Different:
            await guard.execute("update projection.built set state = 'refused' where generation = $1", green.generation)
            raise
        except BaseException:
            await asyncio.shield(generations.drop(guard, green.generation))
            raise
        shape = ddl.shape_of(self.plan.tables.values())
        added, removed = sorted(shape.keys() - blue.shape.keys()), sorted(blue.shape.keys() - shape.keys())
        seconds = time.monotonic() - self.started
        return Rebuilt(green.generation, self.events, seconds, compared, added, removed, parked)

    async def _fill_and_compare(self, blue: Built, green: Built) -> tuple[list[Compared], list[ParkedStream]]:
        """Green to exactly blue's positions of one snapshot.

        Blue's digest is taken while green fills, green's while its indexes are built.
        """
        columns = comparing.compared_columns(self.plan, blue.shape, self.changed)
        async with self.pool.acquire() as snapshot, snapshot.transaction(isolation="repeatable_read", readonly=True):
            targets = await positions.load(snapshot, blue.schema, self.plan.sources)
            parked = await parking.events_of(snapshot, [blue.schema])
            without = comparing.left_out(self.plan, parked)
            digesting = asyncio.create_task(comparing.digests(snapshot, blue.schema, columns, without))
            try:
                self.total = sum(each.sequence for each in targets.values())
                await self._load_to(green, targets)
                blue_digests = await digesting
            finally:
                digesting.cancel()
                await asyncio.gather(digesting, return_exceptions=True)
            self._tell("compare")
            indexing = asyncio.create_task(self._index(green))
            try:
                async with self.pool.acquire() as reading, reading.transaction(isolation="repeatable_read"):
                    here = await parking.events_of(reading, [green.schema])
                    if here:
                        without = comparing.left_out(self.plan, [*parked, *here])
                        blue_digests = await comparing.digests(snapshot, blue.schema, columns, without)
                    green_digests = await comparing.digests(reading, green.schema, columns, without)
                    listed = [
                        each for each in await parking.parked_streams(reading) if each.reader in _both(blue, green)
                    ]
                self._tell("index")
                await indexing
            finally:
                indexing.cancel()
                await asyncio.gather(indexing, return_exceptions=True)
        compared = [
            Compared(name, blue_digests[name], green_digests[name], self.changed[name]) for name in sorted(columns)
        ]
        if not all(each.equal for each in compared):
            raise Different(green.generation, compared)
        return compared, listed

    async def _index(self, green: Built) -> None:
        async with self.pool.acquire() as connection:
            for statement in ddl.create_indexes(green.schema, self.plan.tables.values()):
                await connection.execute(statement)

    async def _switch(self, guard: Connection, blue: Built, green: Built) -> None:
        """Catch up until near, then hold blue's projector, catch up to exactly its positions, and turn the pointer."""
        while True:
            behind = await self._behind(guard, blue, green)
            if behind > CLOSE_EVENTS:
                self.total = self.events + behind
                await self._load_to(green, await positions.load(guard, blue.schema, self.plan.sources))
                continue
            self._tell("switch")
            try:
                async with guard.transaction():
                    await guard.execute("set local lock_timeout = '10s'")
                    await guard.execute("select pg_advisory_xact_lock(hashtext('projection.switch'))")
                    targets = await positions.load(guard, blue.schema, self.plan.sources)
                    await asyncio.wait_for(self._load_to(green, targets), SWITCH_SECONDS)
                    await self.security.check(guard, green.schema, list(self.plan.tables.values()))
                    await self._turn(guard, green, targets)
                return
            except (TimeoutError, asyncpg.LockNotAvailableError):
                continue

    async def _turn(self, guard: Connection, green: Built, targets: Mapping[Place, Reached]) -> None:
        reached = await positions.load(guard, green.schema, self.plan.sources)
        if {p: (r.sequence, r.event) for p, r in reached.items()} != {
            p: (r.sequence, r.event) for p, r in targets.items()
        }:
            raise loading.Lost(f"{green.schema} is not where {targets} says")
        await guard.execute("update projection.built set state = 'live' where generation = $1", green.generation)
        await guard.execute("update projection.generation set current = $1", green.generation)

    async def _behind(self, connection: Connection, blue: Built, green: Built) -> int:
        ahead = await positions.load(connection, blue.schema, self.plan.sources)
        behind = await positions.load(connection, green.schema, self.plan.sources)
        return sum(each.sequence - behind[place].sequence for place, each in ahead.items())

    async def _load_to(self, green: Built, targets: Mapping[Place, Reached]) -> None:
        async with self.pool.acquire() as connection:
            what = Load(green.schema, green.shape, self.topics)
            await self._load(what, self.plan, connection, self.kafka, targets, self._done)

    def _done(self, events: int) -> None:
        self.events += events
        self._tell("load")

    def _tell(self, step: str) -> None:
        rate = self.events / max(time.monotonic() - self.started, 1e-6)
        left = max(self.total - self.events, 0) / rate if self.events else None
        self.progress(Progress(step, self.events, self.total, rate, left))


def _both(blue: Built, green: Built) -> tuple[str, str]:
    return blue.schema, green.schema
