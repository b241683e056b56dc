"""One moment of this service's read model, with the cut it stands at: what every decision reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from eventlog.connection import Connection, Pool
from service.problems import Problem

SERVICE = "credit-rating"
POLL_SECONDS = 0.005
Partitions = dict[int, int]
Positions = dict[str, Partitions]

ENTER = """
select set_config('search_path', quote_ident(g.schema) || ', pg_catalog', true), g.schema from projection.generation g
"""
POSITIONS = """
select p.source, p.partition, p.sequence
from projection.position p join projection.generation g on p.reader = g.schema
"""
PARKED = """
select distinct split_part(k.stream, '/', 1) as key
from projection.parked k join projection.generation g on k.reader = g.schema
where $1::text[] is null or split_part(k.stream, '/', 1) = any($1::text[])
"""


@asynccontextmanager
async def company_snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """One read-only moment of the generation that serves, all dealers included: for decisions, never for answers."""
    async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        if await conn.fetchrow(ENTER) is None:
            raise Problem("temporarily-unavailable", "The read model is being built.")
        yield conn


async def positions(conn: Connection | Pool) -> Positions:
    """How far every consumed log is shown: within a snapshot, the cut that it stands at."""
    found: Positions = {}
    for row in await conn.fetch(POSITIONS):
        found.setdefault(row["source"], {})[row["partition"]] = row["sequence"]
    return found


async def parked_keys(conn: Connection | Pool, keys: list[str] | None = None) -> set[str]:
    """Which keys (dealers, a policy, a group), of these or of all, have a parked stream: no decision may rest on it."""
    return {row["key"] for row in await conn.fetch(PARKED, keys)}


async def require_not_parked(conn: Connection | Pool, *keys: str) -> None:
    """Refuse, with 503, what would be decided by a parked stream of these keys."""
    if parked := await parked_keys(conn, list(keys)):
        raise Problem("stream-parked", f"Events of {', '.join(sorted(parked))} wait for the operator.")


async def wait_until_shown(pool: Pool, wanted: Mapping[str, Mapping[int, int]], seconds: float) -> None:
    """Wait until the read model has come to these sequences of each source; 504 with the lag if it takes too long."""
    deadline = time.monotonic() + seconds
    while lag := _lag(wanted, await positions(pool)):
        if time.monotonic() >= deadline:
            raise Problem("not-yet-visible", f"The read model is {lag} events behind.", lag_events=lag)
        await asyncio.sleep(POLL_SECONDS)


def _lag(wanted: Mapping[str, Mapping[int, int]], shown: Positions) -> int:
    return sum(
        max(0, sequence - shown[source].get(partition, 0))
        for source, partitions in wanted.items()
        if source in shown
        for partition, sequence in partitions.items()
    )
