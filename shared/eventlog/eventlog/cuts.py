"""From a moment to a cut. Only a log's owner can: once its clock is past the moment, nothing is recorded before it."""

from __future__ import annotations

import asyncio
from datetime import datetime

import asyncpg

from eventlog.connection import Pool
from eventlog.gathering import closed
from eventlog.refusals import LogClosed

LAST = """
select p::int, coalesce((select sequence from log.event e where e.partition = p order by sequence desc limit 1), 0)
from generate_series(0, $1 - 1) as p
"""
AT = "select p::int, log.last_sequence(p::smallint, $1) from generate_series(0, $2 - 1) as p"
IS_OURS = """
select l.opened and l.system_identifier = s.system_identifier
    and l.timeline = substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)
from log.lineage l, pg_control_system() s
"""
DATABASE_CLOCK_IS_PAST = "select clock_timestamp() > $1"


async def last_sequences(pool: Pool, partitions: int) -> dict[int, int]:
    """The last visible sequence of every partition, 0 for an empty one."""
    return {row[0]: row[1] for row in await pool.fetch(LAST, partitions)}


async def cut(pool: Pool, partitions: int, at: datetime | None) -> dict[int, int]:
    """The last sequences recorded up to a moment (default: the database's now), for good.

    Waits while the moment is less than a second ahead of the database's clock; raises NotPast if it is further, and
    LogClosed where the log may lack what its topic has: a cut that is too small would be so for ever.
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
                if not await connection.fetchval(IS_OURS):
                    raise LogClosed("the log is not open: compare it with its topic first, or run adopt")
                return {row[0]: row[1] for row in await connection.fetch(AT, moment, partitions)}
        except asyncpg.PostgresError as error:
            raise closed(error) from error
