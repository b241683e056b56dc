"""Events → one reader's tables within the caller's transaction; what cannot be applied is parked, by stream."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import asyncpg

from eventlog import parking
from eventlog.arrived import Arrived
from eventlog.connection import Connection
from eventlog.gathered import Gathered
from eventlog.plan import Effects, Plan
from eventlog.writing import Writer

POISON = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.CardinalityViolationError,
    ValueError,
    TypeError,
    OverflowError,
)
"""Errors of the rows themselves: another attempt fails again. All others are of the database, and pass."""


class Item(NamedTuple):
    """One event and what it does; or why it does nothing."""

    arrived: Arrived
    effects: Effects
    reason: str | None

    @property
    def stream(self) -> tuple[str, str]:
        """The stream that parks if this event cannot be applied."""
        return self.arrived.source, self.arrived.stream


def read(plan: Plan, arrived: Arrived) -> Item:
    """Decode an event and run its handlers; whatever they raise is the reason to park it."""
    try:
        return Item(arrived, plan.read(arrived.source, arrived.document), None)
    except Exception as error:
        return Item(arrived, [], f"{type(error).__name__}: {error}"[:500])


def gather(items: Iterable[Item]) -> Gathered:
    """Merge the effects of these events, in order."""
    gathered = Gathered()
    for item in items:
        arrived = item.arrived
        gathered.events += 1
        for table, is_facts, effects in item.effects:
            if is_facts:
                gathered.add_facts(table, effects, arrived.source, arrived.partition, arrived.sequence, arrived.tail)
            else:
                gathered.add_patches(table, effects)
    return gathered


async def feed(
    connection: Connection, writer: Writer, items: Sequence[Item], parked: frozenset[tuple[str, str]], careful: bool
) -> int:
    """Write a batch to one reader's tables; answers how many events were parked.

    `parked`: streams known to be parked; their rows are locked first, and those drained meanwhile are applied.
    `careful`: isolate rows that PostgreSQL refuses, by halves, instead of raising one of `POISON`.
    """
    waiting = parked & {item.stream for item in items}
    blocked = await parking.lock(connection, writer.schema, waiting) if waiting else set()
    aside: list[parking.Aside] = []
    await _write(connection, writer, items, blocked, aside, careful)
    if aside:
        await parking.park(connection, writer.schema, aside)
    return len(aside)


async def _write(
    connection: Connection,
    writer: Writer,
    items: Sequence[Item],
    blocked: set[tuple[str, str]],
    aside: list[parking.Aside],
    careful: bool,
) -> None:
    flowing = _divert(items, blocked, aside)
    if not flowing:
        return
    if not careful:
        await writer.write(connection, gather(flowing))
        return
    try:
        async with connection.transaction():
            await writer.write(connection, gather(flowing))
    except asyncpg.UniqueViolationError:
        raise
    except POISON as error:
        if len(flowing) == 1:
            blocked.add(flowing[0].stream)
            aside.append(parking.Aside(flowing[0].arrived, f"{type(error).__name__}: {error}"[:500]))
            return
        middle = len(flowing) // 2
        await _write(connection, writer, flowing[:middle], blocked, aside, careful)
        await _write(connection, writer, flowing[middle:], blocked, aside, careful)


def _divert(items: Sequence[Item], blocked: set[tuple[str, str]], aside: list[parking.Aside]) -> list[Item]:
    """Leave the events of parked streams aside, in order; an event that cannot be applied parks its stream."""
    flowing = []
    for item in items:
        if item.reason is not None or item.stream in blocked:
            blocked.add(item.stream)
            aside.append(parking.Aside(item.arrived, item.reason or "behind a parked event of its stream"))
        else:
            flowing.append(item)
    return flowing
