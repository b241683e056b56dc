"""Cost per event while the log grows: rates and WAL bytes of its first and its last million. `SIZE=large` only."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

from bench.measuring import Aim, Row, Series
from bench.rows.bulk import CALL
from bench.sizes import Size
from bench.stack import Bench, service
from bench.workload import facts
from dealerlog.addresses import Addresses

MILLION = 1_000_000


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Documents are written outside the time taken; a CHECKPOINT is within every million of a long run."""
    if size.length < 2 * MILLION:
        return
    async with service("credit-rating", where) as bench:
        rates, bytes_ = [], []
        for number in range(size.length // MILLION):
            rate, wal = await million(bench, number)
            rates.append(rate)
            bytes_.append(wal)
    last = f"{size.length // MILLION:,} m"
    within = (Aim(0.7), Aim(1.3, at_least=False))
    yield Row(f"facts: the last million of {last}", "events/s", Series([rates[-1]]), "the second million",
              Series([rates[1]]), within[:1], note=", ".join(f"{rate:,.0f}" for rate in rates))  # fmt: skip
    yield Row(f"WAL an event: the last million of {last}", "bytes", Series([bytes_[-1]]), "the second million",
              Series([bytes_[1]]), within[1:])  # fmt: skip


async def million(bench: Bench, number: int) -> tuple[float, float]:
    """Events a second, and WAL bytes an event."""
    spent, before = 0.0, await wal(bench)
    for start in range(0, MILLION, 10 * CALL):
        given = facts(min(10 * CALL, MILLION - start), seed=number * 1000 + start // (10 * CALL))
        started = time.perf_counter()
        for place in range(0, len(given), CALL):
            await bench.log.record(given[place : place + CALL])
        spent += time.perf_counter() - started
    return MILLION / spent, (await wal(bench) - before) / MILLION


async def wal(bench: Bench) -> int:
    """Bytes of WAL ever written."""
    written: int = await bench.pool.fetchval("select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint")
    return written
