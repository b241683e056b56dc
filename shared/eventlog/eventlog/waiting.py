"""Wait until positions are visible in the generation that requests read: who presents its write reads its write."""

import asyncio
import json
import time
from collections.abc import Sequence

from eventlog.connection import Pool
from eventlog.position import Position
from eventlog.positions import Place
from eventlog.reached import Reached

POLL_SECONDS = 0.01
CURRENT = """
select p.source, p.partition, p.sequence, p.lineages
from projection.position p join projection.generation g on p.reader = g.schema
"""
PARKED = """
select p.source, p.stream from projection.parked p join projection.generation g on p.reader = g.schema
join unnest($1::text[], $2::smallint[], $3::bigint[]) as asked (source, partition, sequence)
    using (source, partition, sequence)
limit 1
"""


class NotVisible(TimeoutError):
    """Still not visible when the time was over. `lag`: events missing, by position."""

    def __init__(self, lag: dict[Position, int]) -> None:
        self.lag = lag
        super().__init__(
            "; ".join(f"{position} is {events} events ahead of what is shown" for position, events in lag.items())
        )


class StreamParked(Exception):
    """The event was seen and could not be applied: its stream is parked until an operator replays it."""

    def __init__(self, source: str, stream: str) -> None:
        self.source, self.stream = source, stream
        super().__init__(f"an event of {stream} ({source}) could not be applied: the stream waits for a replay")


class Superseded(Exception):
    """The position belongs to a history that this log no longer has: it was restored to before that write."""

    def __init__(self, position: Position) -> None:
        self.position = position
        super().__init__(f"{position} is of a lineage that ended before it: send the command again")


class Waiting:
    """Waits for many requests at once with one query at a time; `wake` (the projector's `moved`) saves a poll."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._query: asyncio.Task[dict[Place, Reached]] | None = None
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Positions moved in this process: look at once."""
        self._woken.set()

    async def __call__(self, positions: Sequence[Position], timeout_seconds: float) -> None:
        """Return once all are visible. Raises `NotVisible`, `StreamParked`, `Superseded`.

        A position of a service that this one does not follow has nothing to show here and counts as visible.
        """
        deadline = time.monotonic() + timeout_seconds
        while missing := _missing(positions, await self._reached()):
            if time.monotonic() >= deadline:
                raise NotVisible(missing)
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
            except TimeoutError:
                continue
        parked = await self._pool.fetchrow(
            PARKED,
            [position.service for position in positions],
            [position.partition for position in positions],
            [position.sequence for position in positions],
        )
        if parked:
            raise StreamParked(parked["source"], parked["stream"])

    async def _reached(self) -> dict[Place, Reached]:
        """Positions as of a query that began after this call: those who wait together share the next one."""
        running = self._query
        if running is not None:
            await asyncio.wait([running])
        if self._query is running or self._query is None:
            self._query = asyncio.create_task(self._load())
        return await asyncio.shield(self._query)

    async def _load(self) -> dict[Place, Reached]:
        rows = await self._pool.fetch(CURRENT)
        return {
            (row["source"], row["partition"]): Reached(
                row["sequence"], lineages=tuple((lineage, first) for lineage, first in json.loads(row["lineages"]))
            )
            for row in rows
        }


def _missing(positions: Sequence[Position], reached: dict[Place, Reached]) -> dict[Position, int]:
    missing = {}
    for position in positions:
        here = reached.get((position.service, position.partition))
        if here is None:
            continue
        if position.sequence > here.sequence:
            missing[position] = position.sequence - here.sequence
        elif here.lineage_of(position.sequence) != position.lineage:
            raise Superseded(position)
    return missing
