"""From a moment to a cut. Only a log's owner can: once its clock is past the moment, nothing is recorded before it."""

from __future__ import annotations

import asyncio
from datetime import datetime

import asyncpg

from eventlog.connection import Pool
from eventlog.gathering import closed

LAST = """
select p::int, coalesce((select sequence from log.event e where e.partition = p order by sequence desc limit 1), 0)
from generate_series(0, $1 - 1) as p
"""
AT = "select p::int, log.last_sequence(p::smallint, $1) from generate_series(0, $2 - 1) as p"
DATABASE_CLOCK_IS_PAST = "select clock_timestamp() > $1"


async def last_sequences(pool: Pool, partitions: int) -> dict[int, int]:
    """The last visible sequence of every partition, 0 for an empty one."""
    return {row[0]: row[1] for row in await pool.fetch(LAST, partitions)}


async def cut(pool: Pool, partitions: int, at: datetime | None) -> dict[int, int]:
    """The last sequences recorded up to a moment (default: the database's now), for good.

    Waits while the moment is less than a second ahead of the database's clock; raises LogClosed if it is further.
    """
    async with pool.acquire() as connection:
        moment = at or await connection.fetchval("select clock_timestamp()")
        for _ in range(100):
            if await connection.fetchval(DATABASE_CLOCK_IS_PAST, moment):
                break
            await asyncio.sleep(0.01)
        try:
            async with connection.transaction(isolation="read_committed"):
                await connection.execute("select log.raise_floor($1, $2)", moment, partitions)
                return {row[0]: row[1] for row in await connection.fetch(AT, moment, partitions)}
        except asyncpg.PostgresError as error:
            raise closed(error) from error
