"""The publisher as role `relay` runs it: in a process of its own, told of nothing, asking the log every 20 ms."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import uvloop

from bench.stack import Bench
from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.publisher import Publisher

ASKED_EVERY = 0.005
BEHIND = """
select count(*) from generate_series(0, $1::integer - 1) as p
where coalesce((select max(sequence) from log.event where partition = p), 0)
    > coalesce((select sequence from log.mark where partition = p), 0)
"""


class Told(msgspec.Struct):
    """Which log goes to which topic."""

    service: str
    partitions: int
    url: str
    kafka: dict[str, Any]
    topic: str


class Relay:
    """A publisher at work for this log."""

    def __init__(self, bench: Bench, process: asyncio.subprocess.Process) -> None:
        self._bench, self._process = bench, process

    async def drained(self) -> None:
        """Wait until everything is published; RuntimeError if nobody publishes any more."""
        while await self._bench.pool.fetchval(BEHIND, self._bench.partitions):
            if self._process.returncode is not None:
                raise RuntimeError(f"the relay ended with status {self._process.returncode}")
            await asyncio.sleep(ASKED_EVERY)


@asynccontextmanager
async def relaying(bench: Bench) -> AsyncIterator[Relay]:
    """Start it, and end it."""
    told = Told(bench.member.name, bench.partitions, bench.urls.app, bench.kafka, bench.topic)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.relaying", stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin
    try:
        process.stdin.write(msgspec.json.encode(told))
        process.stdin.close()
        yield Relay(bench, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def run(told: Told) -> None:
    """What the process does until it is killed; raises RuntimeError if log and topic part."""
    pool = await connect_pool(told.url, size=16)
    publisher = Publisher(Log(told.service, pool, partitions=told.partitions), told.kafka, told.topic)
    publishing = asyncio.create_task(publisher.run())
    while not publishing.done():
        if publisher.stopped:
            raise RuntimeError(publisher.stopped)
        await asyncio.sleep(1)


if __name__ == "__main__":
    uvloop.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Told)))
