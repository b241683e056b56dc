"""The most memory that a rebuild's process holds, for a log and for one four times as long."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import msgspec

from bench.measuring import Aim, Row, Series, peak_memory_mib
from bench.rows.rebuild import TABLES, fill, targets
from bench.sizes import Size
from bench.stack import Bench, service
from dealerlog.addresses import Addresses
from eventlog import generations
from eventlog.database import connect_pool
from eventlog.workers import Task

LIMIT = 512
MOMENT = 0.05


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """A process of `eventlog.workers`, which is what a rebuild runs."""
    short = size.events // 4
    async with service("credit-rating", where) as bench:
        await fill(bench, short)
        first = await peak(bench)
        await fill(bench, size.events - short, seed=2)
        second = await peak(bench)
    aim = (Aim(LIMIT, "ours", at_least=False),)
    yield Row(f"memory of a rebuild, {size.events:,} events", "MiB", Series([second]),
              f"the same of {short:,} events", Series([first]), aim)  # fmt: skip


async def peak(bench: Bench) -> float:
    """The high-water mark of one load process, in MiB."""
    pool = await connect_pool(bench.urls.app, size=2, bounded=False)
    async with pool.acquire() as connection:
        async with connection.transaction():
            green = await generations.create(connection, bench.plan, bench.partitions, bench.security, state="filling")
        ends = [(source, partition, at.sequence, (at.event or b"").hex())
                for (source, partition), at in (await targets(bench)).items()]  # fmt: skip
        topics = {source: topic for topic, source in bench.topics.items()}
        task = Task(TABLES, bench.urls.app, green.schema, green.shape, topics, bench.kafka, ends)
        highest = await _watched(task)
        await generations.drop(connection, green.generation)
    await pool.close()
    return highest


async def _watched(task: Task) -> float:
    argv = (sys.executable, "-m", "eventlog.workers")
    process = await asyncio.create_subprocess_exec(
        *argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    assert process.stdin
    process.stdin.write(msgspec.json.encode(task))
    process.stdin.close()
    ended, highest = asyncio.create_task(process.wait()), 0.0
    while not ended.done():
        try:
            highest = max(highest, peak_memory_mib(process.pid))
        except (OSError, KeyError):  # it ended between two looks
            break
        await asyncio.wait([ended], timeout=MOMENT)
    if await ended:
        raise AssertionError("the load process failed")
    return highest
