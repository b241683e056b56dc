"""Records of the topics → rows of every live generation, each batch in one transaction with its positions."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import structlog
from opentelemetry import trace

from eventlog import feeding, positions, replay
from eventlog.admission import Admission, Admitted
from eventlog.arrived import Record
from eventlog.asking import Ask, ask_for, make_up
from eventlog.connection import Connection, Pool
from eventlog.feeding import POISON, Item
from eventlog.generations import Open, Security, ensure, find
from eventlog.parking import Stream
from eventlog.plan import Plan
from eventlog.positions import Place
from eventlog.projection import Table
from eventlog.reached import Reached
from eventlog.topics import topic_of
from eventlog.writing import Writer

FIRST_RETRY, LAST_RETRY = 0.05, 5.0

log = structlog.get_logger(__name__)
tracer = trace.get_tracer("eventlog")


class Overtaken(Exception):
    """Another worker moved a position: load them anew."""


class Projector:
    """Applies batches for one service. One batch at a time (`lock`); any number of workers, for positions decide.

    `health`: `stopped` partitions with their reason, `failing` the last error of what is being retried (the database,
    a silent owner), `turned_at` (monotonic) when it last tried again.
    """

    def __init__(
        self,
        service: str,
        tables: Iterable[Table],
        pool: Pool,
        partitions: int = 12,
        *,
        prefix: str = "",
        security: Security | None = None,
        ask: Ask | None = None,
        moved: Callable[[], None] = lambda: None,
    ) -> None:
        self.service, self.pool, self.partitions = service, pool, partitions
        self.plan = Plan(tables)
        self.topics = {topic_of(source, prefix): source for source in self.plan.sources}
        self.admission = Admission(self.topics)
        self.lock = asyncio.Lock()
        self.failing: str | None = None
        self.turned_at = time.monotonic()
        self.applied = self.parked = 0
        self._security, self._ask, self._moved = security or Open(), ask, moved
        self._writers: dict[str, Writer] = {}

    @property
    def stopped(self) -> Mapping[Place, str]:
        """Partitions of which nothing is applied, and why."""
        return self.admission.stopped

    @property
    def reached(self) -> Mapping[Place, Reached]:
        """The position of each partition, as last loaded or committed here."""
        return self.admission.reached

    @property
    def late(self) -> int:
        """Late events passed over since the start: sent under a lineage that had ended."""
        return self.admission.late.total()

    def seen(self, place: Place) -> int:
        """The offset up to which nothing of a partition is left to apply."""
        return self.admission.seen(place)

    async def idle(self) -> None:
        """Wait until no batch is being applied."""
        async with self.lock:
            return

    async def start(self) -> str:
        """Create the first generation if there is none; load positions. Answers the schema that requests read."""
        schema = await ensure(self.pool, self.plan, self.partitions, self._security)
        await self.load()
        return schema

    async def load(self) -> None:
        """Load the positions of the generation that requests read, at which every live one stands."""
        async with self.pool.acquire() as connection:
            schema = await connection.fetchval(positions.CURRENT_READER)
            self.admission.reached = await positions.load(connection, schema, self.plan.sources)

    async def assigned(self, places: Iterable[Place]) -> dict[Place, int]:
        """Take partitions over; answers the offset of the stored event of each (-1: read from the first)."""
        async with self.lock:
            await self._until_done(self.load)
            return self.admission.assigned({}, places)

    async def apply(self, records: Sequence[Record]) -> dict[tuple[str, int], int]:
        """Apply a batch once, whatever fails meanwhile; answers (topic, partition) → offset to seek to (-1: the first).

        Returns only when everything that can be applied is committed: database errors are retried here.
        """
        async with self.lock:
            seeks = await self._apply(records)
        topic_of = {source: topic for topic, source in self.topics.items()}
        return {(topic_of[source], partition): offset for (source, partition), offset in seeks.items()}

    async def emptied(self, place: Place, lost: int) -> None:
        """The topic held `lost` records behind the position and holds none: ask the owner for them."""
        await make_up(self._ask, self.admission, place, lost, self.apply)

    async def replay(self, stream: Stream) -> dict[str, replay.Replayed]:
        """Drain a parked stream of every live generation that holds it."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch(
                "select reader from projection.parked_stream where reader like 'g%' and source = $1 and stream = $2",
                *stream,
            )
        return {row["reader"]: await replay.replay(self.pool, self.plan, row["reader"], stream) for row in rows}

    async def _apply(self, records: Sequence[Record]) -> dict[Place, int]:
        seeks: dict[Place, int] = {}
        while True:
            known_stops = len(self.stopped)
            batch = self.admission.admit(records)
            seeks |= batch.seeks
            if len(self.stopped) > known_stops:
                log.error(
                    "partition stopped", service=self.service, stopped={str(k): v for k, v in self.stopped.items()}
                )
            if batch.moves:
                items = [feeding.read(self.plan, arrived) for arrived in batch.arrivals]
                if not await self._persist(batch, items):
                    await self._until_done(self.load)
                    continue
            self.admission.settle(batch)
            if batch.moves:
                self.applied += len(batch.arrivals)
                self._moved()
            for place, hole in batch.holes.items():
                seeks |= await self._fill(place, hole)
            return seeks

    async def _persist(self, batch: Admitted, items: Sequence[Item]) -> bool:
        """Commit a batch; False: overtaken, nothing was written. Refused rows are found by a careful second try."""
        careful = False
        delay = FIRST_RETRY
        while True:
            try:
                with tracer.start_as_current_span("project batch", attributes={"dealerlog.events": len(items)}):
                    await self._write(batch, items, careful)
            except Overtaken:
                return False
            except POISON as error:
                if careful:
                    delay = await self._wait(error, delay)
                careful = True
            except Exception as error:
                delay = await self._wait(error, delay)
            else:
                self.failing = None
                return True

    async def _write(self, batch: Admitted, items: Sequence[Item], careful: bool) -> None:
        parked = 0
        async with self.pool.acquire() as connection, connection.transaction():
            fed = await positions.advance(connection, None, batch.moves)
            if not fed:
                raise Overtaken
            for each in fed:
                writer = await self._writer(connection, each.reader)
                parked += await feeding.feed(connection, writer, items, each.parked, careful)
        self.parked += parked
        if parked:
            log.error("events parked", service=self.service, events=parked)

    async def _writer(self, connection: Connection, reader: str) -> Writer:
        if reader not in self._writers:
            self._writers[reader] = Writer(reader, (await find(connection, reader)).shape, self.plan)
        return self._writers[reader]

    async def _fill(self, place: Place, hole: tuple[int, int]) -> dict[Place, int]:
        """Apply what the owner answers, then read the topic on; a silent owner is asked again."""
        missing = await ask_for(self._ask, self.admission, place, hole)
        self.failing = missing.silent
        self.turned_at = time.monotonic()
        if missing.records:
            await self._apply(missing.records)
        return {} if place in self.stopped else {place: self.admission.reached.get(place, Reached()).offset}

    async def _until_done(self, act: Callable[[], Awaitable[None]]) -> None:
        delay = FIRST_RETRY
        while True:
            try:
                return await act()
            except Exception as error:
                delay = await self._wait(error, delay)

    async def _wait(self, error: Exception, delay: float) -> float:
        self.failing, self.turned_at = type(error).__name__, time.monotonic()  # shown to anybody
        said = f"{type(error).__name__}: {error}"[:500]
        log.warning("the database refused a batch: trying again", service=self.service, error=said, after=delay)
        await asyncio.sleep(delay)
        return min(delay * 2, LAST_RETRY)
