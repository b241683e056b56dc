"""Runs a reaction: positions apart from every generation, so that a rebuild neither repeats nor loses one.

After a restore it starts at the beginning, and derived command ids skip what is done. Architecture 3, "reactions".
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from eventlog import act, parking, positions
from eventlog.act import FINAL, Handles
from eventlog.admission import Admission, Admitted
from eventlog.arrived import Arrived, Record
from eventlog.asking import Ask, ask_for, make_up
from eventlog.connection import Pool
from eventlog.inheriting import meta_of
from eventlog.parking import Aside, Stream
from eventlog.positions import Place
from eventlog.reached import Reached
from eventlog.reactions import Reaction
from eventlog.topics import topic_of
from events import Refused
from events.readers import reader_for

FIRST_RETRY, LAST_RETRY = 0.05, 5.0
RETRYABLE_REFUSALS = 10
"""Attempts, over about 20 s, at what a decider refuses as retryable, before its cause's stream parks."""

log = structlog.get_logger(__name__)


class Reactor:
    """Runs one reaction; consumed by `consume.Consuming`, as a projector is, under a group of its own.

    `health`: `stopped`, `failing` and `turned_at` as a projector's; `answered` causes that wrote something.
    """

    def __init__(
        self,
        service: str,
        reaction: Reaction,
        handles: Handles,
        pool: Pool,
        partitions: int = 12,
        *,
        prefix: str = "",
        ask: Ask | None = None,
    ) -> None:
        self.service, self.reaction, self.pool, self.partitions = service, reaction, pool, partitions
        self.reader = f"reaction:{reaction.name}"
        self.sources = tuple(sorted(reaction.uses))
        self.topics: Mapping[str, str] = {topic_of(source, prefix): source for source in self.sources}
        self.admission = Admission(self.topics)
        self.failing: str | None = None
        self.turned_at = time.monotonic()
        self.answered = 0
        self._handles, self._lock, self._ask = handles, asyncio.Lock(), ask
        self._readers = {source: reader_for(types, source=source) for source, types in reaction.uses.items()}

    @property
    def stopped(self) -> Mapping[Place, str]:
        """Partitions of which nothing is answered, and why."""
        return self.admission.stopped

    @property
    def reached(self) -> Mapping[Place, Reached]:
        """The position of each partition."""
        return self.admission.reached

    async def start(self) -> None:
        """Open positions at the beginning, where there are none, and load them."""
        async with self.pool.acquire() as connection:
            await connection.execute(positions.OPEN, self.reader, list(self.sources), self.partitions)
            self.admission.reached = await positions.load(connection, self.reader, self.sources)

    @property
    def late(self) -> int:
        """Late events passed over since the start: sent under a lineage that had ended."""
        return self.admission.late.total()

    def seen(self, place: Place) -> int:
        """The offset up to which nothing of a partition is left to apply."""
        return self.admission.seen(place)

    async def idle(self) -> None:
        """Wait until no batch is being answered."""
        async with self._lock:
            return

    async def assigned(self, places: Iterable[Place]) -> dict[Place, int]:
        """Take partitions over; answers the offset of the stored event of each (-1: the first)."""
        async with self._lock:
            await self._until_done(self.start)
            return self.admission.assigned({}, places)

    async def apply(self, records: Sequence[Record]) -> dict[tuple[str, int], int]:
        """Answer a batch's events, partitions side by side, then move the positions; answers where to seek to."""
        async with self._lock:
            seeks = await self._apply(records)
        topic_of_source = {source: topic for topic, source in self.topics.items()}
        return {(topic_of_source[source], partition): offset for (source, partition), offset in seeks.items()}

    async def emptied(self, place: Place, lost: int) -> None:
        """The topic held `lost` records behind the position and holds none: ask the owner for them."""
        await make_up(self._ask, self.admission, place, lost, self.apply)

    async def replay(self, stream: Stream) -> str | None:
        """Drain a parked stream; answers why its next event still cannot be answered, if so."""
        while True:
            async with self.pool.acquire() as connection, connection.transaction():
                if not await parking.lock(connection, self.reader, [stream]):
                    return None
                (event,) = await parking.first_events(connection, self.reader, stream, 1)
                if reason := await self._act(event):
                    return reason
                await parking.drained(connection, self.reader, [event])

    async def _apply(self, records: Sequence[Record]) -> dict[Place, int]:
        seeks: dict[Place, int] = {}
        while True:
            batch = self.admission.admit(records)
            seeks |= batch.seeks
            if not batch.moves or await self._until_done(partial(self._answer, batch)):
                break
            await self._until_done(self.start)
        self.admission.settle(batch)
        for place, hole in batch.holes.items():
            missing = await ask_for(self._ask, self.admission, place, hole)
            self.failing, self.turned_at = missing.silent, time.monotonic()
            if missing.records:
                await self._apply(missing.records)
            if place not in self.stopped:
                seeks[place] = self.admission.reached.get(place, Reached()).offset
        return seeks

    async def _answer(self, batch: Admitted) -> bool:
        """Issue the commands, then move positions; False: overtaken, or a parked stream was drained meanwhile."""
        async with self.pool.acquire() as connection:
            parked = {(each.source, each.stream) for each in await parking.parked_streams(connection, self.reader)}
        by_place: dict[Place, list[Arrived]] = {}
        for arrived in batch.arrivals:
            by_place.setdefault((arrived.source, arrived.partition), []).append(arrived)
        asides = await asyncio.gather(*(self._partition(events, set(parked)) for events in by_place.values()))
        aside = [each for part in asides for each in part]
        held = {(each.arrived.source, each.arrived.stream) for each in aside} & parked
        async with self.pool.acquire() as connection, connection.transaction():
            if not await positions.advance(connection, self.reader, batch.moves):
                return False
            if held and await parking.lock(connection, self.reader, held) != held:
                raise Drained
            if aside:
                await parking.park(connection, self.reader, aside)
                log.error("reaction parked events", reaction=self.reaction.name, events=len(aside))
        return True

    async def _partition(self, events: Sequence[Arrived], parked: set[Stream]) -> list[Aside]:
        aside = []
        for event in events:
            stream = (event.source, event.stream)
            if stream in parked:
                aside.append(Aside(event, "behind a parked event of its stream"))
            elif reason := await self._act(event):
                parked.add(stream)
                aside.append(Aside(event, reason))
        return aside

    async def _act(self, event: Arrived) -> str | None:
        """Answer one event; why it cannot be answered, if another attempt would not help."""
        try:
            read = self._readers[event.source].decode(event.document)
            answer = self.reaction.answers[event.source, read.type](read) if read is not None else None
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:500]
        if answer is None:
            return None
        meta = meta_of(self.reaction.name, event, answer, read.businessdate)
        for attempt in range(RETRYABLE_REFUSALS):
            try:
                written = await act.run(self._handles, answer, meta)
                self.answered += bool(written.events) and not written.repeated
                return None
            except FINAL as error:
                return f"{type(error).__name__}: {error}"[:500]
            except Refused as error:
                if not error.retryable:
                    return f"refused: {error}"[:500]
                reason = f"refused {attempt + 1} times: {error}"[:500]
            await asyncio.sleep(min(FIRST_RETRY * 2**attempt, LAST_RETRY))
        return reason

    async def _until_done(self, act: Callable[[], Any]) -> Any:
        """Try until it works: what passes is the database's, or this process is told to stop."""
        delay = FIRST_RETRY
        while True:
            try:
                done = await act()
            except Exception as error:
                self.failing, self.turned_at = type(error).__name__, time.monotonic()  # shown to anybody
                said = f"{type(error).__name__}: {error}"[:500]
                log.warning("a reaction waits", reaction=self.reaction.name, error=said, after=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, LAST_RETRY)
            else:
                self.failing = None
                return done


class Drained(Exception):
    """A stream was drained while its next events were being put aside: answer the batch again."""
