"""Opens what a running service stands on, in order, and closes it in reverse: pools, log, read model, loops."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.projector import Projector
from service.lifecycle import Loop, running
from service.rls import RowSecurity
from service.runtime import Runtime
from service.scope import Reader

if TYPE_CHECKING:
    from service.app import Service


@asynccontextmanager
async def opened(service: Service, runtime: Runtime) -> AsyncIterator[None]:
    """Open a runtime for the time that its application serves."""
    settings = runtime.settings
    security = RowSecurity.of(settings.database)
    async with AsyncExitStack() as stack:
        runtime.pool = await connect_pool(settings.database_url.get_secret_value(), size=settings.pool_size)
        stack.push_async_callback(runtime.pool.close)
        runtime.log = Log(service.name, runtime.pool, partitions=settings.partitions)
        runtime.projector = Projector(
            service.name,
            service.tables,
            runtime.pool,
            settings.partitions,
            prefix=settings.kafka_topic_prefix,
            security=security,
        )
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
        await stack.enter_async_context(running(loops_of(service, runtime), runtime))
        yield


def loops_of(service: Service, runtime: Runtime) -> Sequence[Loop]:
    """Everything this service does for ever."""
    return tuple(service.loops(runtime))
