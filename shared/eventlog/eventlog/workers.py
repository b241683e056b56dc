"""A load split by partitions over processes: `Rebuild(…, load=Workers("credit_rating.projections:TABLES", dsn))`.

One share is loaded by who asks, which has everything imported. Each further process is `python -m eventlog.workers`:
told what to do on its standard input, it tells its progress on its output.
"""

import asyncio
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from eventlog import loading, positions
from eventlog.connection import Connection
from eventlog.database import connect_pool
from eventlog.ddl import Shape
from eventlog.loading import Load, Targets
from eventlog.plan import Plan
from eventlog.positions import Place
from eventlog.projection import Table
from eventlog.reached import Reached

WORTH_A_PROCESS = 90_000
"""Events that one process loads in the second or so in which another starts: a further process gets so many less."""


class Task(msgspec.Struct):
    """What one process loads. `kafka` must be plain JSON: no SSL contexts."""

    tables: str
    dsn: str
    schema: str
    shape: Shape
    topics: dict[str, str]
    kafka: dict[str, Any]
    targets: list[tuple[str, int, int, str]]


class Told(msgspec.Struct):
    """One line of a process: events committed, or why it ended."""

    events: int = 0
    error: str | None = None


class WorkerFailed(Exception):
    """A process of the load ended before its partitions were at their positions."""


class Workers:
    """Loads with `count` processes, this one among them.

    `tables` names the declarations, a list or what returns it: `module:attribute`.
    """

    def __init__(self, tables: str, dsn: str, count: int = 2) -> None:
        self._tables, self._dsn, self._count = tables, dsn, count

    async def __call__(
        self,
        load: Load,
        plan: Plan,
        connection: Connection,
        kafka: Mapping[str, Any],
        targets: Targets,
        progress: Callable[[int], None] = lambda events: None,
    ) -> int:
        """As `loading.load`. Raises `WorkerFailed`; when one fails or this is cancelled, all end."""
        reached = await positions.load(connection, load.schema, plan.sources)
        left = {place: upto.sequence - reached[place].sequence for place, upto in targets.items()}
        if sum(left.values()) < WORTH_A_PROCESS * self._count:
            return await loading.load(load, plan, connection, kafka, targets, progress)
        ours, *others = (
            {place: targets[place] for place in share} for share in split(left, self._count, WORTH_A_PROCESS)
        )
        loads = [self._run(load, kafka, share, progress) for share in others]
        loads.append(loading.load(load, plan, connection, kafka, ours, progress))
        tasks = [asyncio.create_task(each) for each in loads]
        try:
            return sum(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, load: Load, kafka: Mapping[str, Any], share: Targets, progress: Callable[[int], None]) -> int:
        rows = [(source, partition, at.sequence, (at.event or b"").hex()) for (source, partition), at in share.items()]
        task = Task(self._tables, self._dsn, load.schema, load.shape, dict(load.topics), dict(kafka), rows)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "eventlog.workers", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin and process.stdout
        done, error = 0, None
        try:
            process.stdin.write(msgspec.json.encode(task))
            process.stdin.close()
            async for line in process.stdout:
                told = msgspec.json.decode(line, type=Told)
                done, error = done + told.events, told.error or error
                progress(told.events)
            if await process.wait() or error:
                raise WorkerFailed(error or f"a load process ended with status {process.returncode}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return done


def split(left: Mapping[Place, int], count: int, head_start: int = 0) -> list[list[Place]]:
    """Shares that take about as long: the largest partitions are dealt first, each to the share that is done first.

    The first share is of the process that runs already, `head_start` events before the others.
    """
    shares: list[list[Place]] = [[] for _ in range(count)]
    sizes = [0] + [head_start] * (count - 1)
    for place in sorted(left, key=lambda place: (-left[place], place)):
        if left[place] > 0:
            smallest = sizes.index(min(sizes))
            shares[smallest].append(place)
            sizes[smallest] += left[place]
    return [share for share in shares if share]


def declared(tables: str) -> Iterable[Table]:
    """The declarations named `module:attribute`."""
    module, _, attribute = tables.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    made: Iterable[Table] = found() if callable(found) else found
    return made


async def run(task: Task) -> None:
    """What one process does."""
    plan = Plan(declared(task.tables))
    targets = {(source, p): Reached(sequence, bytes.fromhex(event)) for source, p, sequence, event in task.targets}
    pool = await connect_pool(task.dsn, size=1, bounded=False)
    async with pool.acquire() as connection:
        load = Load(task.schema, task.shape, task.topics)
        await loading.load(load, plan, connection, task.kafka, targets, lambda events: _tell(Told(events)))
    await pool.close()


def _tell(told: Told) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        asyncio.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Task)))
    except Exception as failure:
        _tell(Told(error=f"{type(failure).__name__}: {failure}"))
        sys.exit(1)
