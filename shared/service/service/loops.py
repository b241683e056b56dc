"""What a service does for ever, by role: publish (relay); project, react and keep the clock (worker)."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import asyncpg
import structlog
from faststream.kafka import KafkaBroker

from eventlog.clock import Clock
from eventlog.consume import Applies, Consuming
from eventlog.publisher import Publisher
from eventlog.topics import topic_of
from service.figures import Figures
from service.health import Heart
from service.kafka import kafka_options, security_of
from service.lifecycle import Loop, until_stopped
from service.runtime import Runtime

if TYPE_CHECKING:
    from service.app import Service

CLOCK_SECONDS = 5.0
log = structlog.get_logger("loops")


def loops_of(service: Service, runtime: Runtime, figures: Figures) -> Iterator[Loop]:
    """The loops of this process's roles."""
    roles = runtime.settings.active_roles
    if "relay" in roles:
        yield _publishing(runtime, figures)
    if "worker" in roles and (runtime.projector.topics or runtime.reactors):
        yield _consuming(runtime, figures)
    if "worker" in roles and service.clock:
        yield _clock(service, runtime)


def _publishing(runtime: Runtime, figures: Figures) -> Loop:
    settings = runtime.settings
    publisher = Publisher(runtime.log, kafka_options(settings), topic_of(runtime.name, settings.kafka_topic_prefix))
    figures.publisher = publisher
    runtime.health.notice("publisher", lambda: publisher.stopped)
    run = until_stopped(publisher.run, lambda: publisher.turned_at)
    return Loop(name="publisher", role="relay", run=run, stale_seconds=60)


def _consuming(runtime: Runtime, figures: Figures) -> Loop:
    """One broker for the projector and every reaction, each in a group of its own; no lag counts as progress."""
    settings = runtime.settings
    broker = KafkaBroker(
        settings.kafka_bootstrap_servers, security=security_of(settings), client_id=runtime.name, logger=None
    )
    group = f"{settings.kafka_topic_prefix}{runtime.name}"
    consumers = [Consuming(broker, reactor, group=f"{group}.{reactor.reaction.name}") for reactor in runtime.reactors]
    for reactor in runtime.reactors:
        runtime.health.notice(reactor.reader, lambda reader=reactor: _troubles(reader, reader.failing))  # type: ignore[misc]
    if runtime.projector.topics:
        figures.consuming = Consuming(broker, runtime.projector, group=group)
        consumers.append(figures.consuming)
        runtime.health.notice("projector", lambda: _troubles(runtime.projector, runtime.projector.failing))

    readers: list[Applies] = [*runtime.reactors, runtime.projector]

    async def work() -> None:
        try:
            await broker.start()
            await asyncio.Event().wait()
        finally:
            await broker.stop()
            for reader in readers:
                await reader.idle()

    def turned_at() -> float:
        return min(each.turned_at if any(each.lag().values()) else time.monotonic() for each in consumers)

    return Loop(name="consumer", role="worker", run=until_stopped(work, turned_at), stale_seconds=60)


def _clock(service: Service, runtime: Runtime) -> Loop:
    """What falls due becomes commands; a lost database is waited for, clocks that differ stop the worker."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    clock = Clock(service.clock, runtime.log, runtime.pool, holder=holder, today=runtime.settings.today)

    async def run(heart: Heart, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await clock.turn()
                heart.beat()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("the clock waits for its database", error=repr(error))
            try:
                await asyncio.wait_for(stopping.wait(), CLOCK_SECONDS)
            except TimeoutError:
                continue

    return Loop(name="clock", role="worker", run=run, stale_seconds=60)


def _troubles(reader: Applies, failing: str | None) -> str | None:
    stopped = [f"{source}[{partition}] {why}" for (source, partition), why in sorted(reader.stopped.items())]
    return "; ".join([*stopped, *([failing] if failing else [])]) or None
