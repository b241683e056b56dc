"""Opens what a running service stands on, in order, and closes it in reverse: pools, log, read model, loops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiokafka.helpers import create_ssl_context
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from eventlog.consume import Consuming
from eventlog.database import connect_pool
from eventlog.log import Log
from eventlog.projector import Projector
from eventlog.publisher import Publisher
from eventlog.topics import topic_of
from service.figures import Figures
from service.lifecycle import Loop, running, until_stopped
from service.rls import RowSecurity
from service.runtime import Runtime
from service.scope import Reader
from service.settings import Settings

if TYPE_CHECKING:
    from service.app import Service

SASL: dict[str, Callable[..., BaseSecurity]] = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


@asynccontextmanager
async def opened(service: Service, runtime: Runtime) -> AsyncIterator[None]:
    """Open a runtime for the time that its application serves."""
    settings = runtime.settings
    async with AsyncExitStack() as stack:
        runtime.pool = await connect_pool(settings.database_url.get_secret_value(), size=settings.pool_size)
        stack.push_async_callback(runtime.pool.close)
        runtime.log = Log(service.name, runtime.pool, partitions=settings.partitions)
        await _open_reading(service, runtime, stack)
        figures = Figures(runtime)
        runtime.metrics.measure(figures.measure)
        loops = [*service.loops(runtime)]
        if "relay" in settings.active_roles:
            loops.append(_publishing(runtime, figures))
        if "worker" in settings.active_roles and service.tables:
            loops.append(await _projecting(runtime, figures, stack))
        await stack.enter_async_context(running(loops, runtime))
        yield


async def _open_reading(service: Service, runtime: Runtime, stack: AsyncExitStack) -> None:
    """The first generation if there is none, its policies asserted, and the pool that they bind."""
    settings, security = runtime.settings, RowSecurity.of(runtime.settings.database)
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


def _publishing(runtime: Runtime, figures: Figures) -> Loop:
    settings = runtime.settings
    topic = topic_of(runtime.name, settings.kafka_topic_prefix)
    publisher = Publisher(runtime.log, kafka_options(settings), topic)
    figures.publisher = publisher
    runtime.health.notice("publisher", lambda: publisher.stopped)
    return Loop(
        name="publisher", role="relay", run=until_stopped(publisher.run, lambda: publisher.turned_at), stale_seconds=60
    )


async def _projecting(runtime: Runtime, figures: Figures, stack: AsyncExitStack) -> Loop:
    """The consumer of every log that the tables need; idle without lag counts as progress."""
    settings, projector = runtime.settings, runtime.projector
    broker = KafkaBroker(
        settings.kafka_bootstrap_servers, security=security_of(settings), client_id=runtime.name, logger=None
    )
    consuming = Consuming(broker, projector, group=f"{settings.kafka_topic_prefix}{runtime.name}")
    figures.consuming = consuming
    runtime.health.notice("projector", lambda: _troubles(projector))

    async def work() -> None:
        await broker.start()
        try:
            await asyncio.Event().wait()
        finally:
            await broker.stop()

    def turned_at() -> float:
        idle = not any(consuming.lag().values())
        return time.monotonic() if idle else float(consuming.turned_at)

    return Loop(name="projector", role="worker", run=until_stopped(work, turned_at), stale_seconds=60)


def _troubles(projector: Projector) -> str | None:
    stopped = [f"{source}[{partition}] {why}" for (source, partition), why in sorted(projector.stopped.items())]
    return "; ".join([*stopped, *([projector.failing] if projector.failing else [])]) or None


def kafka_options(settings: Settings) -> dict[str, Any]:
    """Arguments of an aiokafka client, TLS included."""
    options = settings.kafka()
    if "SSL" in settings.kafka_security_protocol:
        options["ssl_context"] = create_ssl_context(
            cafile=settings.kafka_ssl_cafile, certfile=settings.kafka_ssl_certfile, keyfile=settings.kafka_ssl_keyfile
        )
    return options


def security_of(settings: Settings) -> BaseSecurity | None:
    """The same for FastStream's broker."""
    if settings.kafka_security_protocol == "PLAINTEXT":
        return None
    options = kafka_options(settings)
    context = options.get("ssl_context")
    if settings.kafka_sasl_mechanism is None:
        return BaseSecurity(ssl_context=context, use_ssl=context is not None)
    return SASL[settings.kafka_sasl_mechanism](
        username=options["sasl_plain_username"] or "",
        password=options["sasl_plain_password"] or "",
        ssl_context=context,
        use_ssl=context is not None,
    )
