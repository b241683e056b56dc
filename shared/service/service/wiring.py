"""Opens what a running service stands on, in order, and closes it in reverse: pools, log, read model, loops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx

from eventlog.database import connect_pool
from eventlog.projector import Projector
from eventlog.reactor import Reactor
from eventlog.topics import topic_of
from eventlog.waiting import Waiting
from service.counting import CountedLog
from service.figures import Figures
from service.kafka import Kafka
from service.lifecycle import running
from service.loops import loops_of
from service.peers import Peers
from service.rls import RowSecurity
from service.runtime import Runtime
from service.scope import Reader

if TYPE_CHECKING:
    from service.app import Service


@asynccontextmanager
async def opened(service: Service, runtime: Runtime) -> AsyncIterator[None]:
    """Open a runtime for the time that its application serves."""
    settings = runtime.settings
    async with AsyncExitStack() as stack:
        runtime.pool = await connect_pool(settings.database_url.get_secret_value(), size=settings.pool_size)
        stack.push_async_callback(runtime.pool.close)
        runtime.log = CountedLog(service.name, runtime.pool, partitions=settings.partitions, metrics=runtime.metrics)
        await _open_reading(service, runtime, stack)
        kafka = Kafka(settings)
        stack.push_async_callback(kafka.close)
        if topics := topics_of(service, runtime):
            runtime.health.depends("kafka", partial(kafka.require, topics))
        figures = runtime.figures = Figures(runtime, kafka)
        runtime.metrics.measure(figures.measure)
        loops = [*loops_of(service, runtime, figures), *service.loops(runtime)]
        await stack.enter_async_context(running(loops, runtime))
        yield


async def _open_reading(service: Service, runtime: Runtime, stack: AsyncExitStack) -> None:
    """The first generation if there is none, its policies asserted, and the pool that they bind."""
    settings, security = runtime.settings, RowSecurity.of(runtime.settings.database)
    waiting = runtime.waiting = Waiting(runtime.pool)
    peers = runtime.peers = Peers(
        service.name, settings, runtime.pool, await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
    )
    runtime.projector = Projector(
        service.name,
        service.tables,
        runtime.pool,
        settings.partitions,
        prefix=settings.kafka_topic_prefix,
        security=security,
        ask=peers,
        moved=waiting.wake,
    )
    runtime.reactors = [
        Reactor(
            service.name,
            reaction,
            runtime.log,
            runtime.pool,
            settings.partitions,
            prefix=settings.kafka_topic_prefix,
            ask=peers,
        )
        for reaction in service.reactions
    ]
    schema = await runtime.projector.start()
    async with runtime.pool.acquire() as connection:
        await security.check(connection, schema, service.tables)
    runtime.reader = await Reader.connect(
        settings.reader_database_url.get_secret_value(),
        size=settings.reader_pool_size,
        statement_seconds=settings.request_seconds,
    )
    stack.push_async_callback(runtime.reader.close)
    runtime.health.depends("database", runtime.reader.ping)


def topics_of(service: Service, runtime: Runtime) -> set[str]:
    """The topics that this process cannot do without, by its roles: none for `api` alone."""
    roles, topics = runtime.settings.active_roles, set[str]()
    if "relay" in roles:
        topics.add(topic_of(service.name, runtime.settings.kafka_topic_prefix))
    if "worker" in roles:
        for reader in (runtime.projector, *runtime.reactors):
            topics |= set(reader.topics)
    return topics
