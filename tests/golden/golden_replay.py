"""Replay the recorded logs in one environment: a line for each table of each service, and one for each decision.

`python golden_replay.py '{"owner": …, "app": …, "start": 3, "workers": 4, "time_zone": "Asia/Tokyo"}'` prints them. The
database is the replay's own; its schemas are dropped and made again for each service.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import golden_log
from golden_log import Golden

from credit_rating import rederive as credit
from credit_rating.domain.order import ORDERS, PlaceOrder
from credit_rating.snapshot import company_snapshot
from credit_rating.standing import standing_in
from dealerlog.fleet import MEMBERS
from eventlog.digest import digest
from eventlog.log import Log
from eventlog.position import Cut, cut_from_json, within
from eventlog.projector import Projector
from eventlog.reading import event_of
from eventlog.restore import COLUMNS
from events import OrderCheckedWithGroup, OrderHeld, OrderPlaced, OrderReleased
from events.ids import canonical
from tiering import rederive as tiering

BATCH = 150
GENERATION = "drop schema if exists g1 cascade"
SCHEMAS = "drop schema if exists log, projection cascade"


class Environment(NamedTuple):
    """Where a replay runs; `start` chooses the order in which topics are read, `workers` how many read them."""

    owner: str
    app: str
    start: int = 0
    workers: int = 1
    time_zone: str = "UTC"


class Replay:
    """One service's database, empty; `records` are those of one recorded log."""

    def __init__(self, service: str, pool: asyncpg.Pool[Any], records: Sequence[Golden], partitions: int) -> None:
        self.service, self.pool, self.records, self.partitions = service, pool, records, partitions
        self.tables = list(MEMBERS[service].declaration.tables)
        self.log = Log(service, pool, partitions=partitions)
        self._shown: Cut = {}

    async def project(self, records: Sequence[Golden], workers: int = 1) -> None:
        """Apply records as a group of workers would: the partitions dealt out, each in its order."""
        shares = [
            [r for r in records if (len(r.source) + r.placement.partition) % workers == n] for n in range(workers)
        ]
        await self._projector().start()
        await asyncio.gather(*(self._work(share) for share in shares))

    async def bring_to(self, cut: Cut) -> None:
        """Show exactly what lies within a cut; cuts come one within the next."""
        new = [r for r in self.records if _within(cut, r) and not _within(self._shown, r)]
        assert all(_within(cut, r) for r in self.records if _within(self._shown, r)), "an earlier cut after a later one"
        await self.project(new)
        self._shown = cut

    async def table_lines(self) -> AsyncIterator[str]:
        """Rows and digest of every table."""
        async with self.pool.acquire() as connection, connection.transaction():
            for table in sorted(self.tables, key=lambda each: each.name):
                columns = {column: kind.sql for column, kind in table.every.items()}
                rows, sums = await digest(connection, "g1", table.name, columns)
                yield f"{self.service} {table.name}: {rows} rows, {sums}"

    def _projector(self) -> Projector:
        return Projector(self.service, self.tables, self.pool, self.partitions)

    async def _work(self, share: Sequence[Golden]) -> None:
        projector = self._projector()
        await projector.start()
        records = [each.kept for each in share if each.kept.topic in projector.topics]
        for at in range(0, len(records), BATCH):
            await projector.apply(records[at : at + BATCH])
        assert not projector.stopped and not projector.parked, projector.stopped


def _within(cut: Cut, record: Golden) -> bool:
    return within(cut, record.source, record.placement.partition, record.placement.sequence)


@asynccontextmanager
async def emptied(there: Environment, service: str, records: Sequence[Golden]) -> AsyncIterator[Replay]:
    """The database without tables, then with the service's log in it."""
    owner = await asyncpg.connect(there.owner)
    partitions = golden_log.partitions_of(records)
    settings = {"timezone": there.time_zone, "datestyle": "SQL, DMY", "extra_float_digits": "0"}
    pool = await asyncpg.create_pool(there.app, min_size=1, max_size=6, server_settings=settings)
    try:
        await pool.execute(GENERATION)
        await owner.execute(SCHEMAS)
        for migration in sorted((files("eventlog") / "migrations").iterdir(), key=lambda each: each.name):
            await owner.execute(migration.read_text("utf-8").partition("-- migrate:down")[0])
        rows = [_row(each) for each in records if each.source == service]
        await owner.copy_records_to_table("event", schema_name="log", columns=COLUMNS, records=rows)
        yield Replay(service, pool, records, partitions)
    finally:
        await pool.close()
        await owner.close()


def _row(record: Golden) -> tuple[Any, ...]:
    at = record.placement
    return (
        at.partition, at.sequence, at.n, at.m, at.version, at.lineage, UUID(json.loads(record.document)["id"]),
        at.previous, at.command, at.moment, at.request_hash, at.stream, record.document,
    )  # fmt: skip


def in_some_order(records: Sequence[Golden], start: int) -> list[Golden]:
    """The same, topic after topic from another one on (even `start`), or all partitions mixed (odd); none reordered."""
    sources = sorted({each.source for each in records})
    if start % 2 == 0:
        turned = sources[start // 2 % len(sources) :] + sources[: start // 2 % len(sources)]
        return sorted(records, key=lambda each: turned.index(each.source))
    chance, queues = random.Random(start), {}
    for each in records:
        queues.setdefault((each.source, each.placement.partition), []).append(each)
    order = [place for place, queue in queues.items() for _ in queue]
    chance.shuffle(order)
    taken = {place: iter(queue) for place, queue in queues.items()}
    return [next(taken[place]) for place in order]


async def tables(there: Environment, log: str) -> list[str]:
    """Every table of every service over one recorded log."""
    records, lines = golden_log.read(log), []
    for service in sorted(MEMBERS):
        async with emptied(there, service, records) as replay:
            await replay.project(in_some_order(records, there.start), there.workers)
            lines += [f"{log} {line}" async for line in replay.table_lines()]
    return lines


async def decisions(there: Environment) -> list[str]:
    """Every grade, limit, class, end of a run and credit check of the recorded log, taken again."""
    records, lines = golden_log.read("decisions"), []
    async with emptied(there, "credit-rating", records) as replay:
        async for one in credit.rederive_log(replay.log, replay.bring_to):
            lines.append(_line("credit-rating", str(one.event), [list(each) for each in one.differences]))
    async with emptied(there, "credit-rating", records) as replay:
        lines += [line async for line in checks(replay)]
    async with emptied(there, "tiering", records) as replay:
        async for outcome in tiering.rederive_log(replay.log, replay.bring_to):
            derived = (outcome.again.derived or b"").decode()
            lines.append(_line("tiering", f"{outcome.run} {outcome.dealer}", derived, same=outcome.again.same))
    return sorted(lines)


async def checks(replay: Replay) -> AsyncIterator[str]:
    """Every order that was checked: its events again, from the dealer's orders before and its standing at the cut."""
    checked = [(r, event_of(r.document)) for r in replay.records if r.placement.stream.endswith("/orders")]
    outcomes = [(r, event) for r, event in checked if isinstance(event, OrderHeld | OrderReleased)]
    for record, event in sorted(outcomes, key=lambda each: sum(sum(p.values()) for p in each[1].check.cut.values())):
        await replay.bring_to(cut_from_json(event.check.cut))
        rows = [event_of(row.document) for row in await replay.log.read_stream(record.placement.stream)]
        at = record.placement.version - 1
        placed, before = rows[at - 1], ORDERS.fold(ORDERS.state(), rows[: at - 1])
        assert isinstance(placed, OrderPlaced)
        async with company_snapshot(replay.pool) as connection:
            dealer = UUID(record.placement.stream.partition("/")[0])
            standing = await standing_in(connection, dealer, event.check.as_of, before.group)
        asked = {name: value for name, value in dict(placed).items() if name in PlaceOrder.model_fields}
        derived = ORDERS.decide(before, PlaceOrder(**asked, standing=standing))
        with_group = [each for each in rows[at + 1 : at + 2] if isinstance(each, OrderCheckedWithGroup)]
        same = [canonical(each) for each in derived] == [canonical(each) for each in (placed, event, *with_group)]
        yield _line("credit-rating", f"order {placed.number}", canonical(derived[1]).decode(), same=same)


def _line(service: str, what: str, derived: Any, *, same: bool | None = None) -> str:
    content = sha256(canonical(derived)).hexdigest()[:32]
    equal = same if same is not None else not derived
    return f"decision {service} {what}: {'as recorded' if equal else 'OTHERWISE'} {content}"


async def replayed(there: Environment) -> list[str]:
    """All lines of an environment, in one order."""
    return [*await tables(there, "every_type"), *await tables(there, "decisions"), *await decisions(there)]


def one_digest(lines: Sequence[str]) -> str:
    """The lines as one number."""
    return sha256("\n".join(lines).encode()).hexdigest()


if __name__ == "__main__":
    os.environ.setdefault("TZ", "UTC")
    print("\n".join(asyncio.run(replayed(Environment(**json.loads(sys.argv[1]))))))
