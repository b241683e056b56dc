"""Drain a parked stream after a fix: its events are applied in order, up to the first that still cannot be."""

from typing import NamedTuple

from eventlog import parking
from eventlog.connection import Connection, Pool
from eventlog.feeding import POISON, Item, gather, read
from eventlog.generations import find
from eventlog.parking import Stream
from eventlog.plan import Plan
from eventlog.writing import Writer

SLICE = 500
"""Events a transaction, so that none comes near 30 s."""


class Replayed(NamedTuple):
    """What a replay came to: events applied, and why the next cannot be (None: the stream is drained)."""

    applied: int
    reason: str | None


async def replay(pool: Pool, plan: Plan, reader: str, stream: Stream) -> Replayed:
    """Drain one stream of one generation. Live events of the stream wait for each slice, then queue or flow."""
    applied = 0
    while True:
        async with pool.acquire() as connection, connection.transaction():
            if not await parking.lock(connection, reader, [stream]):
                return Replayed(applied, None)
            writer = Writer(reader, (await find(connection, reader)).shape, plan)
            done, reason = await _slice(connection, writer, plan, stream)
            applied += done
            if reason:
                await connection.execute(
                    "update projection.parked_stream set reason = $4 where reader = $1 and source = $2 and stream = $3",
                    reader,
                    *stream,
                    reason,
                )
                return Replayed(applied, reason)


async def _slice(connection: Connection, writer: Writer, plan: Plan, stream: Stream) -> tuple[int, str | None]:
    events = await parking.first_events(connection, writer.schema, stream, SLICE)
    applied, reason = [], None
    for item in (read(plan, event) for event in events):
        reason = item.reason or await _refused(connection, writer, item)
        if reason:
            break
        applied.append(item.arrived)
    await parking.drained(connection, writer.schema, applied)
    return len(applied), reason


async def _refused(connection: Connection, writer: Writer, item: Item) -> str | None:
    """Apply one event; why PostgreSQL refuses its rows, if it does."""
    try:
        async with connection.transaction():
            await writer.write(connection, gather([item]))
    except POISON as error:
        return f"{type(error).__name__}: {error}"[:500]
    return None
