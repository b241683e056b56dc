"""Fill one generation from Kafka up to given positions: assign, getmany, and COPY in slices, with bounded memory."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from eventlog import feeding, positions
from eventlog.connection import Connection
from eventlog.ddl import Shape
from eventlog.feeding import POISON
from eventlog.moments import whole_microseconds
from eventlog.plan import Plan
from eventlog.positions import Place
from eventlog.reached import Reached
from eventlog.slice import Forked, Slice
from eventlog.writing import Writer

SLICE_EVENTS = 20_000
FETCH_EVENTS = 500
"""Gathered before the event loop turns: in between the COPY of the slice before and the next fetch go on."""
SLICE_BYTES = 64 << 20
STALLED_SECONDS = 30.0
FETCH: dict[str, Any] = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "max_partition_fetch_bytes": 2 << 20,
    "fetch_max_bytes": 24 << 20,
}

Targets = Mapping[Place, Reached]


class Stalled(Exception):
    """The topic ends before the positions to be reached."""


class Lost(Exception):
    """Somebody else moved this generation's positions."""


class Load(NamedTuple):
    """What is loaded: a generation's schema and shape, and the topics by source."""

    schema: str
    shape: Shape
    topics: Mapping[str, str]


async def load(
    load: Load, plan: Plan, connection: Connection, kafka: Mapping[str, Any], targets: Targets,
    progress: Callable[[int], None] = lambda events: None,
) -> int:  # fmt: skip
    """Apply everything from this generation's positions up to exactly `targets`; answers the number of events.

    A target names the event that must stand there, unless it is of a cut, which knows sequences only.
    `progress` is told how many events were committed with each slice. Raises `Forked`, `Stalled`, `Lost`.
    """
    reached = await positions.load(connection, load.schema, plan.sources)
    behind = {place: upto for place, upto in targets.items() if reached[place].sequence < upto.sequence}
    if not behind:
        return 0
    consumer = AIOKafkaConsumer(**FETCH, **kafka)
    await consumer.start()
    try:
        parts = {place: TopicPartition(load.topics[place[0]], place[1]) for place in behind}
        consumer.assign(list(parts.values()))
        for place, part in parts.items():
            consumer.seek(part, reached[place].offset + 1)
        loading = _Loading(load, plan, connection, consumer, behind, reached, progress)
        try:
            with few_collections():
                async with whole_microseconds(connection):
                    return await loading.run(parts)
        finally:
            await loading.close()
    finally:
        await consumer.stop()


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for cycles a hundred times less often: a slice has many rows and none."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Loading:
    def __init__(
        self, load: Load, plan: Plan, connection: Connection, consumer: AIOKafkaConsumer, targets: Targets,
        reached: dict[Place, Reached], progress: Callable[[int], None],
    ) -> None:  # fmt: skip
        self.plan, self.connection, self.consumer = plan, connection, consumer
        self.writer = Writer(load.schema, load.shape, plan)
        self.targets, self.reached, self.progress = targets, reached, progress
        self.blocked: frozenset[tuple[str, str]] = frozenset()
        self.writing: asyncio.Task[None] | None = None

    async def run(self, parts: Mapping[Place, TopicPartition]) -> int:
        """Fetch and gather while the slice before is being written."""
        place_of = {part: place for place, part in parts.items()}
        left, events, heard = dict(parts), 0, time.monotonic()
        part_slice, size = self._slice(), 0
        while left:
            fetched = await self.consumer.getmany(timeout_ms=200, max_records=FETCH_EVENTS)
            for part, records in fetched.items():
                place = place_of[part]
                if place in left:
                    part_slice.take(place[0], records, self.targets[place].sequence)
                    size += sum([record.serialized_value_size for record in records])
                    if part_slice.reached[place].sequence >= self.targets[place].sequence:
                        self._arrived(place, part_slice.reached[place])
                        self.consumer.pause(left.pop(place))
            await asyncio.sleep(0)  # `getmany` does not, as long as it has records
            if fetched:
                heard = time.monotonic()
            elif time.monotonic() - heard > STALLED_SECONDS:
                raise Stalled(f"the topics end before {sorted(left)} reached its position: republish, then rebuild")
            if len(part_slice.records) >= SLICE_EVENTS or size > SLICE_BYTES or not left:
                events += len(part_slice.records)
                await self._write(part_slice)
                part_slice, size = self._slice(part_slice), 0
        await self._written()
        return events

    async def close(self) -> None:
        """Leave the connection idle, whatever ended the load."""
        if self.writing is not None:
            self.writing.cancel()
            await asyncio.gather(self.writing, return_exceptions=True)

    def _slice(self, before: Slice | None = None) -> Slice:
        return Slice(self.plan, before.reached if before else self.reached, self.blocked)

    def _arrived(self, place: Place, reached: Reached) -> None:
        """At its target a partition must hold the very event that was there in blue, if there is a blue."""
        if self.targets[place].event not in (None, reached.event):
            raise Forked(f"{place}: the topic's event at sequence {reached.sequence} is not the one that was projected")

    async def _write(self, part: Slice) -> None:
        """Write in the background; at most one slice is being written while the next is gathered."""
        await self._written()
        if part.moves:
            self.writing = asyncio.create_task(self._commit(part))
            if part.suspect:
                await self._written()

    async def _written(self) -> None:
        if self.writing is not None:
            await self.writing
            self.writing = None

    async def _commit(self, part: Slice) -> None:
        try:
            await self._transaction(part, careful=part.suspect)
        except asyncpg.UniqueViolationError:
            raise
        except POISON:
            await self._transaction(part, careful=True)
        self.progress(len(part.records))

    async def _transaction(self, part: Slice, *, careful: bool) -> None:
        async with self.connection.transaction():
            await self.connection.execute("set local synchronous_commit = off")
            fed = await positions.advance(self.connection, self.writer.schema, part.moves)
            if not fed:
                raise Lost(f"the positions of {self.writer.schema} were moved by another process")
            if careful or fed[0].parked - part.blocked:
                items = [feeding.read(self.plan, arrived) for arrived in part.arrivals()]
                await feeding.feed(self.connection, self.writer, items, fed[0].parked, careful=True)
            else:
                await self.writer.write(self.connection, part.gathered)
            self.blocked = fed[0].parked | part.blocked
