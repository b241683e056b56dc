"""Reporting as it is deployed, over logs that a test made: real Kafka, real PostgreSQL, the projector between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from browsing import ARGUMENTS, CHROMIUM
from fastapi import FastAPI
from history import TODAY, Network
from owners import Owners
from playwright.async_api import Browser, async_playwright
from small_story import Served, story

from eventlog.topics import declared
from reporting.app import SERVICE
from reporting.reading.standpoint import SOURCES
from service.migrations import migrate
from service.peers import Peers
from service.testing import bearer, settings_of


@pytest.fixture(scope="module")
async def serving(module_database: Callable[..., Awaitable[Any]], stack: Any) -> AsyncIterator[Any]:
    """`await serving(network)` publishes the logs and serves reporting over them; gone after the module."""
    closing: list[Any] = []

    async def serve(network: Network) -> FastAPI:
        urls = await module_database("reporting")
        migrate(urls.owner)
        await grant(urls)
        prefix = f"{urls.name}."
        topics = [declared(source, prefix) for source in (*SOURCES, "reporting")]
        admin = AIOKafkaAdminClient(**stack.kafka.client_options())
        await admin.start()
        await admin.create_topics([NewTopic(n, p, 1, topic_configs=dict(config)) for n, p, config in topics])
        producer = AIOKafkaProducer(**stack.kafka.client_options())
        await producer.start()
        for log in network.logs:
            for kept in (kept for records in log.records.values() for kept in records):
                await producer.send(f"{prefix}{log.source}.events", kept.value, kept.key, partition=kept.partition,
                                    headers=kept.headers)  # fmt: skip
        await producer.stop()
        peers = ",".join(f"{source}=http://{source}" for source in SOURCES)
        settings = settings_of(peers=peers, wait_seconds=0.5, database_url=urls.app,
                               reader_database_url=urls.reader, kafka_topic_prefix=prefix,
                               kafka_bootstrap_servers=stack.kafka.bootstrap_servers, business_date=TODAY)  # fmt: skip
        app = SERVICE.application(settings)
        lifespan = app.router.lifespan_context(app)
        await lifespan.__aenter__()
        closing.append((lifespan, admin, [name for name, _, _ in topics]))
        owners = app.state.owners = Owners(network)
        app.state.runtime.peers = Peers(
            "reporting", settings, app.state.runtime.pool, httpx.AsyncClient(transport=owners)
        )
        await caught_up(app, network)
        return app

    yield serve
    for lifespan, admin, names in closing:
        await lifespan.__aexit__(None, None, None)
        await admin.delete_topics(names)
        await admin.close()


async def caught_up(app: FastAPI, network: Network) -> None:
    """Wait until every event of the network is projected."""
    pool, wanted = app.state.runtime.pool, sum(sum(cut.values()) for cut in network.cut.values())
    async with asyncio.timeout(60):
        while await pool.fetchval("select coalesce(sum(sequence), 0) from projection.position") < wanted:
            await asyncio.sleep(0.05)
        while not await pool.fetchval("select opened from log.lineage"):
            await asyncio.sleep(0.05)
    assert await pool.fetchval("select count(*) from projection.parked") == 0


async def grant(urls: Any) -> None:
    """The rights on `projection` that a generation's writer and reader need."""
    owner = await asyncpg.connect(urls.owner)
    await owner.execute(f"grant usage on schema projection to {urls.name}_app, {urls.name}_reader")
    await owner.execute(f"grant select, insert, update, delete on all tables in schema projection to {urls.name}_app")
    await owner.execute(f"grant select on projection.generation to {urls.name}_reader")
    await owner.close()


@pytest.fixture(scope="module")
async def served(serving: Any) -> Served:
    """The small story."""
    network, early, places = story()
    return Served(await serving(network), network, early, places)


@pytest.fixture
async def client(served: Served) -> AsyncIterator[httpx.AsyncClient]:
    """Calls as the auditor, who sees the company; a test names another role by its header."""
    transport = httpx.ASGITransport(served.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=bearer("auditor"),
                                 timeout=60) as client:  # fmt: skip
        yield client


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Debian's chromium, or the one of the system."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        await browser.close()
