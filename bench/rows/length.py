"""Cost per event while the log grows: rates and WAL bytes of its parts, each ended by a CHECKPOINT. `SIZE=large` only.

A part is a tenth of the log. What is compared with the last is the second: the first fills pages that are new, so it
writes fewer of them whole. Every part begins right after a checkpoint, so each pays for its own full-page images.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import asyncpg

from bench.measuring import Aim, Row, Series
from bench.rows.bulk import CALL
from bench.sizes import Size
from bench.stack import Bench, service
from bench.workload import facts
from dealerlog.addresses import Addresses

PARTS = 10


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Documents are written outside the time taken; the checkpoints are within it."""
    if not size.length:
        return
    each = size.length // PARTS
    async with service("credit-rating", where) as bench:
        parts = [await part(bench, number, each) for number in range(PARTS)]
    rates, bytes_ = [rate for rate, _ in parts], [wal_bytes for _, wal_bytes in parts]
    last, second = f"the last {each:,} of {size.length:,}", f"the second {each:,}"
    yield Row(f"facts: {last}", "events/s", Series([rates[-1]]), second, Series([rates[1]]), (Aim(0.7),),
              note=", ".join(f"{rate:,.0f}" for rate in rates))  # fmt: skip
    yield Row(f"WAL an event: {last}", "bytes", Series([bytes_[-1]]), second, Series([bytes_[1]]),
              (Aim(1.3, at_least=False),), note=", ".join(f"{wal_bytes:,.0f}" for wal_bytes in bytes_))  # fmt: skip


async def part(bench: Bench, number: int, events: int) -> tuple[float, float]:
    """Events a second, and WAL bytes an event, of so many events and the checkpoint behind them."""
    spent, before = 0.0, await wal(bench)
    for slice_, start in enumerate(range(0, events, 10 * CALL)):
        given = facts(min(10 * CALL, events - start), seed=number * 1000 + slice_)
        started = time.perf_counter()
        for place in range(0, len(given), CALL):
            await bench.log.record(given[place : place + CALL])
        spent += time.perf_counter() - started
    started = time.perf_counter()
    await checkpoint(bench)
    spent += time.perf_counter() - started
    return events / spent, (await wal(bench) - before) / events


async def checkpoint(bench: Bench) -> None:
    """Write everything that is dirty to disk."""
    connection = await asyncpg.connect(bench.where.admin_url)
    await connection.execute("checkpoint")
    await connection.close()


async def wal(bench: Bench) -> int:
    """Bytes of WAL ever written."""
    written: int = await bench.pool.fetchval("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")
    return written
