"""Who commits late is never skipped: writers that hold their commits back while a reader polls, step by step.

Nothing here rests on timing: each writer holds its commit until it is told, and all are told in the worst order, the
last one first, as far as the log lets more than one get there. The control is a table with an identity column.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest

from eventlog.facts import RECORD, columns_of
from eventlog.folding import encode_state, fold_hash
from eventlog.gathering import APPEND, _arguments
from eventlog.log import Log
from eventlog.meta import Pending
from eventlog.testing import REGION, fact, meta
from events import RegionDefined
from events.placement import key_of

WRITERS = 24
WAITING = """
select count(*) from pg_locks l join pg_stat_activity a using (pid)
where not l.granted and l.locktype = 'advisory' and a.datname = current_database()
"""
NAIVE = "create table public.naive (sequence bigint generated always as identity primary key, id uuid not null)"

Insert = Callable[[asyncpg.Connection], Awaitable[object]]
Read = Callable[[int], Awaitable[Sequence[tuple[int, UUID]]]]


class Raced(NamedTuple):
    """What the reader saw, in its order, and how many writers at most had inserted and not committed at a time."""

    seen: list[tuple[int, UUID]]
    at_once: int


class Writer:
    """A transaction that inserts, then holds its commit until it is let go."""

    def __init__(self, url: str, insert: Insert) -> None:
        self.inserted, self.let_go = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._write(url, insert))

    async def _write(self, url: str, insert: Insert) -> None:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                await insert(connection)
                self.inserted.set()
                await self.let_go.wait()
        finally:
            await connection.close()


async def race(url: str, inserts: Sequence[Insert], read: Read, observer: asyncpg.Connection) -> Raced:
    """Let all insert, one after the other as far as they can; commit the last first; poll before and after each."""
    seen: list[tuple[int, UUID]] = []
    writers: list[Writer] = []
    at_once = 0

    async def poll() -> None:
        seen.extend(await read(seen[-1][0] if seen else 0))

    async def settled() -> list[Writer]:
        """Once each is done, holds its commit, or waits for the partition."""
        while True:
            for writer in writers:
                if writer.task.done():
                    writer.task.result()
            holding = [each for each in writers if each.inserted.is_set() and not each.let_go.is_set()]
            under_way = [each for each in writers if not each.inserted.is_set()]
            if len(under_way) == await observer.fetchval(WAITING) and (holding or not under_way):
                return holding
            await asyncio.sleep(0.002)

    async with asyncio.timeout(120):
        for insert in inserts:
            writers.append(Writer(url, insert))
            at_once = max(at_once, len(await settled()))
        while holding := await settled():
            await poll()
            holding[-1].let_go.set()
            await holding[-1].task
            await poll()
    return Raced(seen, at_once)


def missed(raced: Raced, there: Sequence[tuple[int, UUID]]) -> set[UUID]:
    """What was committed and never seen."""
    return {id_ for _, id_ in there} - {id_ for _, id_ in raced.seen}


def names(log: Log, partition: int) -> list[str]:
    """Three regions of one partition."""
    return [name for n in range(200) if log.partition_of(name := f"region-{n}") == partition][:3]


def command(stream: str, version: int) -> Pending:
    """The next change of a stream, decided."""
    what, id_ = meta(), uuid4()
    document = b'{"specversion":"1.0","id":"%s"}' % str(id_).encode()
    state = encode_state(REGION.state())
    return Pending(
        stream, version, what.command_id, what.request_hash, (id_,), (document,), (), (), fold_hash(REGION), state
    )


def appends(partition: int, pending: Pending) -> Insert:
    return lambda connection: connection.fetch(APPEND, *_arguments(partition, [pending]))


def records(partition: int, dealer: str, numbers: Sequence[int]) -> Insert:
    columns = columns_of([fact(dealer, str(number)) for number in numbers])
    return lambda connection: connection.fetch(RECORD, partition, *columns)


async def test_a_late_commit_is_never_skipped_and_each_stream_keeps_its_order(make_log):
    log = await make_log()
    partition = log.partition_of("region-0")
    regions = names(log, partition)
    inserts = [
        records(partition, key_of(regions[0]), [3 * n, 3 * n + 1, 3 * n + 2])
        if n % 4 == 3
        else appends(
            partition, command(f"{regions[n % 3]}/region", sum(m % 3 == n % 3 and m % 4 != 3 for m in range(n)))
        )
        for n in range(WRITERS)
    ]

    async def read(after: int) -> list[tuple[int, UUID]]:
        return [(row.sequence, row.id) for row in await log.read(partition, after, 1000)]

    async with log.pool.acquire() as observer:
        raced = await race(log.urls.app, inserts, read, observer)
    rows = await log.read(partition, 0, 1000)
    assert raced.at_once == 1, "two held the partition at once"
    assert missed(raced, [(row.sequence, row.id) for row in rows]) == set()
    assert [sequence for sequence, _ in raced.seen] == list(range(1, len(rows) + 1))
    assert len(rows) == WRITERS // 4 * 3 + WRITERS * 3 // 4
    assert all(after.previous == before.id for before, after in pairwise(rows))
    by_id = {row.id: row for row in rows}
    for region in regions:
        versions = [by_id[id_].version for _, id_ in raced.seen if by_id[id_].stream == f"{region}/region"]
        assert versions == list(range(1, len(versions) + 1)) != []


async def test_a_cursor_on_an_identity_column_skips_nearly_all_of_them(make_log):
    """The control: the same race, judged by the same rule, on what the log is not."""
    log = await make_log()
    owner = await asyncpg.connect(log.urls.owner)
    await owner.execute(NAIVE)
    rows = "select sequence, id from public.naive where sequence > $1 order by sequence"

    async def read(after: int) -> list[tuple[int, UUID]]:
        return [tuple(row) for row in await owner.fetch(rows, after)]

    async def insert(connection: asyncpg.Connection) -> None:
        await connection.execute("insert into public.naive (id) values (gen_random_uuid())")

    try:
        raced = await race(log.urls.owner, [insert] * WRITERS, read, owner)
        assert raced.at_once == WRITERS
        assert len(missed(raced, await read(0))) == WRITERS - 1
    finally:
        await owner.close()


@pytest.mark.parametrize("isolation", ["repeatable_read", "serializable"])
async def test_a_caller_with_another_isolation_is_refused_and_leaves_no_hole(make_log, isolation):
    """Its snapshot would be older than the lock: it would number behind an end that has moved."""
    log = await make_log()
    partition = log.partition_of("region-0")
    stream = f"{names(log, partition)[0]}/region"
    late, first = await asyncpg.connect(log.urls.app), await asyncpg.connect(log.urls.app)
    for n, insert in enumerate((appends(partition, command(stream, 1)), records(partition, "d", [1]))):
        with pytest.raises(asyncpg.PostgresError, match="READ COMMITTED") as refused:
            async with late.transaction(isolation=isolation):
                await late.fetch("select count(*) from log.event")  # its snapshot is taken
                await appends(partition, command(stream, n))(first)  # and another commits behind it
                await insert(late)
        assert refused.value.sqlstate == "DL001"
    await late.close()
    await first.close()
    await log.handle(REGION, "region-W", RegionDefined(code="W", name="West"), meta())
    rows = await log.read(partition, 0, 10)
    assert [(row.sequence, row.version) for row in rows if row.stream == stream] == [(1, 1), (2, 2)]
    assert sum((await log.last()).values()) == 3
