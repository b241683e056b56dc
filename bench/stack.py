"""A Kafka and a PostgreSQL of the benchmark's own, and a service's database and topic in them."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

from dealerlog.addresses import Addresses
from dealerlog.databases import DatabaseUrls, create_databases, drop_databases
from dealerlog.fleet import Member, member
from dealerlog.installation import Installation
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor
from dealerlog.testing import STACK_VARIABLE, parse_stack
from dealerlog.topics import create_topics, delete_topics
from eventlog.connection import Pool
from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.plan import Plan
from eventlog.publisher import Publisher
from eventlog.topics import declared, topic_of
from events.placement import PARTITIONS
from service.migrations import migrate
from service.rls import RowSecurity

FIRST_PORT = 23010


@contextmanager
def stack(steps: Steps) -> Iterator[Addresses]:
    """Start both, durable as they are in earnest; stop them and delete their data at the end."""
    if given := os.environ.get(STACK_VARIABLE):
        yield parse_stack(given)
        return
    installation = Installation(Installation.named(f"bench-{os.getpid()}").folder, first_port=FIRST_PORT)
    try:
        with Supervisor(installation, steps) as supervisor:
            yield supervisor.start_stack()
    finally:
        shutil.rmtree(installation.folder, ignore_errors=True)


@dataclass
class Bench:
    """One service as the benchmark uses it: its empty database, its topics, and its declarations."""

    member: Member
    where: Addresses
    urls: DatabaseUrls
    prefix: str
    partitions: int
    log: Log
    pool: Pool
    plan: Plan

    @property
    def kafka(self) -> dict[str, Any]:
        """Keyword arguments of an aiokafka client."""
        return self.where.kafka.client_options()

    @property
    def topic(self) -> str:
        """The topic of the service's own log."""
        return topic_of(self.member.name, self.prefix)

    @property
    def topics(self) -> dict[str, str]:
        """Topic → source, of everything that the service's projections read."""
        return {topic_of(source, self.prefix): source for source in self.plan.sources}

    @property
    def security(self) -> RowSecurity:
        """Row-level security of the service's tables."""
        return RowSecurity.of(self.urls.name)

    async def publish(self) -> int:
        """Publish everything that the log holds, and answer how many events that were."""
        publisher = Publisher(self.log, self.kafka, self.topic)
        task = asyncio.create_task(publisher.run())
        try:
            while not await publisher.drained():
                if publisher.stopped:
                    raise RuntimeError(publisher.stopped)
                await asyncio.sleep(0.01)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        return publisher.published


@asynccontextmanager
async def service(
    name: str, where: Addresses, *, partitions: int = PARTITIONS, prefix: str | None = None
) -> AsyncIterator[Bench]:
    """An empty service: database migrated, topics created, gone at the end. `prefix`: another's, to read its log."""
    prefix = prefix.rstrip(".") if prefix else f"b{secrets.token_hex(4)}"
    each = member(name)
    urls = (await create_databases(where.admin_url, lambda _: "bench", prefix=f"{prefix}_", names=[each.package]))[
        each.package
    ]
    migrate(urls.owner, each.migrations)
    plan = Plan(each.declaration.tables)
    names = {name, *plan.sources}
    await create_topics(where.kafka, [declared(source, f"{prefix}.", partitions) for source in names])
    pool = await connect_pool(urls.app, size=16)
    try:
        log = Log(name, pool, partitions=partitions)
        await Publisher(log, where.kafka.client_options(), topic_of(name, f"{prefix}.")).open()
        yield Bench(each, where, urls, f"{prefix}.", partitions, log, pool, plan)
    finally:
        await pool.close()
        await delete_topics(where.kafka, [topic_of(source, f"{prefix}.") for source in names])
        await drop_databases(where.admin_url, [urls.name])
