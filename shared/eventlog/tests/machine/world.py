"""The real log that the machine drives, synchronously: one PostgreSQL database, a Kafka topic an example."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import asyncpg
from aiokafka import AIOKafkaProducer

from dealerlog.databases import create_databases, drop_databases
from dealerlog.topics import create_topics
from eventlog.database import connect_pool
from eventlog.gathering import APPEND, _arguments
from eventlog.log import Log
from eventlog.meta import Fact, Pending
from eventlog.publisher import Publisher
from eventlog.restore import adopt, restore
from eventlog.testing import Region, evolve
from eventlog.topics import declared
from events import Claims, Decider, Event, InvoiceIssued, RegionDefined, command_id, encode, request_hash, uuid7
from service.migrations import migrate

from .model import PARTITIONS

SERVICE = "customer-registry"
T = TypeVar("T")
TIMELINE = "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)"
WAITING = """
select count(*) from pg_locks where not granted and locktype = 'advisory'
    and database = (select oid from pg_database where datname = current_database())
"""
ALIVE = "select count(*) from pg_stat_activity where usename = $1"
EMPTY = "truncate log.event, log.head, log.claim, log.mark"
MADE_ANEW = "update log.lineage set lineage = 1, opened = false, service = ''"


class Rename(tuple[str, ...]):
    """A command: the names that a region gets, one after the other."""


def decide(state: Region, command: Rename) -> list[Event]:
    """Nothing, or an event for each name."""
    return [] if tuple(command) == (state.name,) else [RegionDefined(code="R", name=name) for name in command]


def names_claimed(event: Event) -> Claims:
    """A region's name is its own."""
    return Claims(take=(f"region-name:{event.name}",)) if isinstance(event, RegionDefined) else Claims()


def orders_claimed(event: Event) -> Claims:
    """An order is invoiced once."""
    return Claims(take=(event.order,)) if isinstance(event, InvoiceIssued) and event.order else Claims()


REGION = Decider(SERVICE, "region", Region, decide, evolve, names_claimed)
LEDGER = Decider("credit-rating", "ledger", Region, decide, evolve, orders_claimed)
DECIDERS = [REGION, LEDGER]


def invoice(dealer: str, number: str, amount: int, claim: str | None) -> Fact:
    """A fact; its claim is in the event, so that `restore` finds it again."""
    event = InvoiceIssued(
        source="ERP", number=number, amount=Decimal(amount), currency="CNY", issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1), method="credit", term_days=30, order=claim,
    )  # fmt: skip
    id_, now = uuid7(), datetime.now(UTC)
    document = encode(event, id=id_, subject=dealer, time=now, actor="a", business_date=now.date(), correlation="c")
    content = request_hash({"number": number, "amount": amount, "claim": claim})
    return Fact(f"{dealer}/ledger", command_id("ERP", "invoice", number), content, id_, document, claim)


class World:
    """What an example runs on: `log` (renewed when it crashes), the owner's connection, the topic."""

    def __init__(self, runner: asyncio.Runner, stack: Any, prefix: str, log: type[Log] = Log) -> None:
        self.runner, self.stack, self.prefix, self._log, self.examples = runner, stack, prefix, log, 0
        self.kafka = stack.kafka.client_options()
        self.run(self._start())

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Wait for it."""
        return self.runner.run(what)

    def begin(self) -> None:
        """An empty log, open, and a new topic."""
        self.examples += 1
        self.topic = f"{self.prefix}{self.examples}.events"
        self.run(self._begin())

    async def publish(self, rounds: int) -> None:
        """A publisher that starts, sends so many rounds of a few events, and is gone."""
        publisher = Publisher(self.log, self.kafka, self.topic)
        await publisher.open()
        for _ in range(rounds):
            lasts = await self.log.last()
            await publisher._round(
                self.producer, [p for p, last in lasts.items() if last > publisher.marks[p].sequence]
            )

    async def lose(self, sequences: dict[int, int] | None) -> None:
        """The database is another: an older copy up to these sequences on another timeline, or made anew."""
        if sequences is None:
            await self.owner.execute(f"{EMPTY}; {MADE_ANEW}")
            return
        for partition, sequence in sequences.items():
            await self.owner.execute(
                "delete from log.event where partition = $1 and sequence > $2", partition, sequence
            )
            await self.owner.execute("delete from log.mark where partition = $1 and sequence > $2", partition, sequence)
        await self.owner.execute("update log.lineage set timeline = 'FFFFFFFF'")

    async def join(self, *, empty: bool) -> Any:
        """`restore` or `adopt`."""
        join = restore if empty else adopt
        return await join(self.urls.owner, self.kafka, self.topic, SERVICE, DECIDERS, partitions=PARTITIONS)

    async def end(self) -> None:
        """Leave nothing behind."""
        with suppress(Exception):
            await self.producer.stop()
        self.log.pool.terminate()
        await self.owner.close()
        await self.admin.close()
        await drop_databases(self.stack.admin_url, [self.database])

    async def append_and_lose(self, pending: Pending, partition: int) -> None:
        """Append in a transaction of its own, whose connection the server ends before the commit."""
        connection = await asyncpg.connect(self.urls.app)
        await connection.transaction().start()
        (verdict,) = await connection.fetch(APPEND, *_arguments(partition, [pending]))
        assert verdict["verdict"] == "appended"
        await self.admin.execute("select pg_terminate_backend($1, 5000)", connection.get_server_pid())
        connection.terminate()

    async def _connect(self) -> None:
        self.log = self._log(SERVICE, await connect_pool(self.urls.app, size=4), partitions=PARTITIONS)

    async def die_in(self, asked: Coroutine[Any, Any, Any], partition: int) -> None:
        """The process is gone while its append waits for the partition; the server goes on with it, unheard."""
        await self.owner.execute("select pg_advisory_lock(7, $1)", partition)
        task = asyncio.ensure_future(asked)
        while not task.done() and not await self.owner.fetchval(WAITING):
            await asyncio.sleep(0.002)
        self.log.pool.terminate()
        await asyncio.gather(task, return_exceptions=True)
        await self.owner.execute("select pg_advisory_unlock(7, $1)", partition)
        while await self.admin.fetchval(ALIVE, f"{self.database}_app"):
            await asyncio.sleep(0.002)
        await self._connect()

    async def _start(self) -> None:
        self.database = f"{self.prefix.rstrip('.')}_machine"
        made = await create_databases(
            self.stack.admin_url, lambda _: "test", prefix=f"{self.prefix.rstrip('.')}_", names=["machine"]
        )
        self.urls = made["machine"]
        migrate(self.urls.owner)
        self.owner = await asyncpg.connect(self.urls.owner)
        self.admin = await asyncpg.connect(self.stack.admin_url)
        self.producer = AIOKafkaProducer(**self.kafka, acks="all", enable_idempotence=True)
        await self.producer.start()
        await self._connect()

    async def _begin(self) -> None:
        await self.owner.execute(f"{EMPTY}; {MADE_ANEW}; update log.lineage set timeline = {TIMELINE}")
        await create_topics(self.stack.kafka, [(self.topic, PARTITIONS, declared(SERVICE)[2])])
        await Publisher(self.log, self.kafka, self.topic).open()
