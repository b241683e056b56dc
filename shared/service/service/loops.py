"""What a service does for ever, by role: publish (relay); project, react and keep the clock (worker).

Alive means that a loop goes round. One that waits for its database, for Kafka or for an operator goes round as well:
what it waits for shows in readiness and in the notices, and a restart would not mend it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from eventlog.clock import Clock
from eventlog.consume import Applies, Consuming
from eventlog.publisher import Publisher
from eventlog.refusals import LogRefused
from eventlog.topics import topic_of
from service.figures import Figures, name_of
from service.health import Heart, NotReady
from service.kafka import Kafka, kafka_options, security_of
from service.lifecycle import Loop, until_stopped
from service.runtime import Runtime

if TYPE_CHECKING:
    from service.app import Service

CLOCK_SECONDS = 5.0
STALE_SECONDS = 20.0
"""No round for so long turns the live probe red; every wait within a round that is not one is bounded below it."""
DATABASE_LOST: tuple[type[Exception], ...] = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError,
)  # fmt: skip
"""The internal error is what asyncpg raises where a connection breaks in the midst of a COMMIT."""
LOG_LOST: tuple[type[Exception], ...] = (*DATABASE_LOST, LogRefused)
KAFKA_LOST: tuple[type[Exception], ...] = (NotReady, KafkaError, OSError, TimeoutError)
KAFKA_SECONDS, DATABASE_SECONDS = 1.0, 0.5
"""Pauses before Kafka, or the database, is tried again."""
QUIET_SECONDS = 5.0
"""After so long without a round of the publisher Kafka is asked whether it answers, and it has as long to do so."""
METADATA_MS = 10_000
"""How long a topic that was away and came back may go unheard: aiokafka would ask again after five minutes only."""
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
    """A lost database is waited for; where log and topic do not agree, the publisher waits for an operator."""
    settings = runtime.settings
    topic = topic_of(runtime.name, settings.kafka_topic_prefix)
    publisher = Publisher(runtime.log, kafka_options(settings), topic)
    figures.publisher = publisher
    runtime.health.notice("publisher", lambda: publisher.stopped)

    async def work() -> None:
        excusing = asyncio.create_task(excuse(publisher, figures.kafka, topic))
        try:
            while True:
                try:
                    await publisher.run()
                except DATABASE_LOST as error:
                    log.warning("the publisher waits for its database", error=repr(error))
                    publisher.turned_at = time.monotonic()
                    await asyncio.sleep(DATABASE_SECONDS)
        finally:
            excusing.cancel()

    run = until_stopped(work, lambda: publisher.turned_at)
    return Loop(name="publisher", role="relay", run=run, stale_seconds=STALE_SECONDS)


async def excuse(publisher: Publisher, kafka: Kafka, topic: str) -> None:
    """Count it as a round that Kafka does not answer: an idempotent producer tries for ever, and that is no hang.

    Once Kafka answers again, the publisher has its usual time to get through.
    """
    while True:
        await asyncio.sleep(KAFKA_SECONDS)
        if time.monotonic() - publisher.turned_at < QUIET_SECONDS:
            continue
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                await kafka.require([topic])
        except KAFKA_LOST as error:
            log.warning("the publisher waits for Kafka", error=str(error) or type(error).__name__)
            publisher.turned_at = time.monotonic()


def _consuming(runtime: Runtime, figures: Figures) -> Loop:
    """One broker for the projector and every reaction, each in a group of its own."""
    settings = runtime.settings
    broker = KafkaBroker(
        settings.kafka_bootstrap_servers,
        security=security_of(settings),
        client_id=runtime.name,
        logger=None,
        metadata_max_age_ms=METADATA_MS,
    )
    group = f"{settings.kafka_topic_prefix}{runtime.name}"
    readers: list[Applies] = [*runtime.reactors, *([runtime.projector] if runtime.projector.topics else [])]
    for reader in readers:
        name = name_of(reader)
        own = group if reader is runtime.projector else f"{group}.{name}"
        figures.consuming[name] = Consuming(broker, reader, group=own)
        runtime.health.notice(f"consumer of {name}", lambda reader=reader: troubles(reader))  # type: ignore[misc]

    async def work() -> None:
        await _reached(figures.kafka, {topic for reader in readers for topic in reader.topics})
        try:
            await broker.start()
            await asyncio.Event().wait()
        finally:
            await broker.stop()
            for reader in readers:
                await reader.idle()

    def turned_at() -> float:
        return min(went_round(each) for each in figures.consuming.values())

    return Loop(name="consumer", role="worker", run=until_stopped(work, turned_at), stale_seconds=STALE_SECONDS)


async def _reached(kafka: Kafka, topics: Collection[str]) -> None:
    """Wait until Kafka answers and has these topics: a consumer that starts before them would die or hear nothing."""
    while True:
        try:
            async with asyncio.timeout(10):
                return await kafka.require(topics)
        except KAFKA_LOST as error:
            log.warning("consumers wait for Kafka", error=str(error) or type(error).__name__)
        await asyncio.sleep(KAFKA_SECONDS)


def went_round(consuming: Consuming) -> float:
    """When a subscription last made progress or tried again (monotonic); nothing to do counts as progress.

    Partitions that stopped are left out: they wait for an operator and show in the notices. A client whose fetching
    ended makes no progress again, whatever it was last told of the topic's end; one that Kafka does not answer waits.
    """
    reader = consuming.reader
    if consuming.broken:
        return consuming.turned_at
    if consuming.unheard and not consuming.applying:
        return time.monotonic()
    behind = any(events for place, events in consuming.lag().items() if place not in reader.stopped)
    return max(consuming.turned_at, reader.turned_at) if behind else time.monotonic()


def troubles(reader: Applies) -> str | None:
    """What an operator should see of a reader: partitions that stopped, and what it tries again and again."""
    stopped = [f"{source}[{partition}] {why}" for (source, partition), why in sorted(reader.stopped.items())]
    return "; ".join([*stopped, *([reader.failing] if reader.failing else [])]) or None


def _clock(service: Service, runtime: Runtime) -> Loop:
    """What falls due becomes commands; a closed log is waited for, clocks that differ stop the worker."""
    holder = f"{socket.gethostname()}:{os.getpid()}"
    clock = Clock(service.clock, runtime.log, runtime.pool, holder=holder, today=runtime.settings.today)

    async def run(heart: Heart, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                await clock.turn()
            except LOG_LOST as error:
                log.warning("the clock waits for its log", error=repr(error))
            heart.beat()
            try:
                await asyncio.wait_for(stopping.wait(), CLOCK_SECONDS)
            except TimeoutError:
                continue

    return Loop(name="clock", role="worker", run=run, stale_seconds=STALE_SECONDS)
