"""One moment of this service's read model, with the cut it stands at: what a run reads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from eventlog.connection import Connection, Pool
from service.problems import Problem

POLL_SECONDS = 0.01
MOST_SECONDS = 30
Sequences = Mapping[str, Mapping[int, int]]

LONG = f"set transaction_timeout = '{MOST_SECONDS}s'"
"""Longer than an append may take; the pool takes it back with the connection."""
ENTER = """
select set_config('search_path', quote_ident(g.schema) || ', pg_catalog', true) from projection.generation g
"""
POSITIONS = """
select p.source, p.partition, p.sequence
from projection.position p join projection.generation g on p.reader = g.schema
"""
PARKED = """
select split_part(k.stream, '/', 1) as dealer, k.source, k.partition, min(k.sequence) as first
from projection.parked k join projection.generation g on k.reader = g.schema
where split_part(k.stream, '/', 1) ~ '^[0-9a-f]{8}-' group by 1, 2, 3 order by 1
"""
MOST_EXCLUDED = 500
"""As many as an event may name; with more parked something is broken at large."""


@asynccontextmanager
async def company_snapshot(pool: Pool) -> AsyncIterator[Connection]:
    """One read-only moment of the generation that serves, all dealers included: for decisions, never for answers."""
    async with pool.acquire() as conn:
        await conn.execute(LONG)
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            if await conn.fetchrow(ENTER) is None:
                raise Problem("temporarily-unavailable", "The read model is being built.")
            yield conn


async def positions(conn: Connection | Pool) -> dict[str, dict[int, int]]:
    """How far every consumed log is shown: within a snapshot, the cut that it stands at."""
    found: dict[str, dict[int, int]] = {}
    for row in await conn.fetch(POSITIONS):
        found.setdefault(row["source"], {})[row["partition"]] = row["sequence"]
    return found


async def parked_dealers(conn: Connection) -> list[str]:
    """Dealers with a parked stream: a run names and excludes them; refuses where there are too many to name."""
    dealers = sorted({row["dealer"] for row in await conn.fetch(PARKED)})
    if len(dealers) > MOST_EXCLUDED:
        raise Problem("stream-parked", f"Streams of {len(dealers)} dealers wait for the operator: replay them first.")
    return dealers


async def refuse_parked(conn: Connection, cut: Sequences, without: Collection[str]) -> None:
    """Refuse to rank while events within the cut are parked whose dealers the run does not exclude."""
    unseen = {
        row["dealer"]
        for row in await conn.fetch(PARKED)
        if row["dealer"] not in without and row["first"] <= cut.get(row["source"], {}).get(row["partition"], 0)
    }
    if unseen:
        some = sorted(unseen)[:20]
        raise Problem("stream-parked", "Streams within the run's cut wait for the operator: replay them.", dealers=some)


async def wait_until_shown(pool: Pool, wanted: Sequences, seconds: float) -> None:
    """Wait until the read model has come to these sequences of each source; raises Problem("not-yet-visible")."""
    deadline = time.monotonic() + seconds
    while lag := _lag(wanted, await positions(pool)):
        if time.monotonic() >= deadline:
            raise Problem("not-yet-visible", f"The read model is {lag} events behind.", lag_events=lag)
        await asyncio.sleep(POLL_SECONDS)


def _lag(wanted: Sequences, shown: Sequences) -> int:
    return sum(
        max(0, sequence - shown.get(source, {}).get(partition, 0))
        for source, partitions in wanted.items()
        for partition, sequence in partitions.items()
    )
