"""Reporting as it is deployed, over logs that a test made: real Kafka, real PostgreSQL, the projector between."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from fastapi import FastAPI

from eventlog.topics import declared
from reporting.app import SERVICE
from reporting.reading.standpoint import SOURCES
from service.migrations import migrate
from service.peers import Peers
from service.testing import bearer, settings_of

sys.path.insert(0, str(Path(__file__).parent))

from history import TODAY, Network
from owners import Owners

ANNA, BOLIN, CHEN = (str(UUID(int=0x0190A6C2_0000_7000_8000_000000000000 + n)) for n in (1, 2, 3))
RUN, OLD_RUN, UNFINISHED, ABC_RUN = (str(UUID(int=n)) for n in (101, 102, 103, 104))


@dataclass
class Served:
    """The running application, the network behind it, and places in its logs that tests speak of."""

    app: FastAPI
    network: Network
    early: dict[str, dict[str, int]]
    places: dict[str, str]


def story() -> tuple[Network, dict[str, dict[str, int]], dict[str, str]]:
    """Three dealers in three territories; `early` is the cut before the late invoice."""
    made, places = Network(), {}
    made.places()
    places["onboarded"] = made.onboard(ANNA, "D-001", "Anna Trading 安娜贸易", "T1")
    made.onboard(BOLIN, "D-002", '=HYPERLINK("http://x","boom") 波林', "T2")
    made.onboard(CHEN, "D-003", "陈记批发有限公司（北京海淀中关村南大街分公司）", "T3")
    places["invoice"], _ = made.invoice(ANNA, "I-1", "1000.00", date(2026, 1, 10), date(2026, 2, 9))
    made.payment(ANNA, "P-1", "400.00", date(2026, 2, 1), "I-1")
    made.invoice(ANNA, "I-2", "500.00", date(2026, 4, 1), date(2026, 5, 1))
    _, wrong = made.invoice(BOLIN, "I-9", "77777.00", date(2026, 1, 5), date(2026, 2, 4))
    made.credit.add(_reversal(wrong), BOLIN)
    made.payment(BOLIN, "P-9", "250.00", date(2026, 3, 3))
    made.rate(OLD_RUN, "R1", {ANNA: (2, "90000"), BOLIN: (4, "10000")}, date(2026, 1, 31))
    made.rate(RUN, "R1", {ANNA: (3, "120000"), BOLIN: (5, "0")}, date(2026, 3, 31))
    made.rate(UNFINISHED, "R2", {CHEN: (1, "999999")}, date(2026, 3, 31), complete=False)
    made.order(ANNA, "O-1", "200.00", date(2026, 4, 2))
    for month, quantity in ((date(2025, 3, 5), "10"), (date(2026, 2, 5), "20"), (date(2026, 3, 5), "30")):
        made.sale(ANNA, f"S-{month}", quantity, "12.5", month)
    made.sale(ANNA, "S-R", "4", "12.5", date(2026, 3, 9), returned=True)
    _, line = made.sale(ANNA, "S-X", "1000", "1", date(2026, 3, 10))
    made.tiering.add(_line_reversal(line), ANNA)
    made.sale(BOLIN, "S-B", "1", "99.99", date(2026, 3, 7), product="@SUM(A1)")
    made.sale(CHEN, "S-C", "5", "10", date(2026, 2, 7))
    made.classify(ABC_RUN, {ANNA: ("A", "800"), BOLIN: ("B", "150"), CHEN: ("C", "50")}, date(2025, 4, 1),
                  date(2026, 3, 31), date(2026, 4, 1))  # fmt: skip
    places["visit"] = made.visit(ANNA, date(2026, 4, 3))
    early = {source: {str(p): s for p, s in cut.items()} for source, cut in made.cut.items()}
    places["late"], _ = made.invoice(ANNA, "I-LATE", "300.00", date(2026, 3, 1), date(2026, 3, 31))
    return made, early, places


def _reversal(event: str) -> Any:
    from events import LedgerEntryReversed

    return LedgerEntryReversed(
        entry=event, kind="invoice", source="erp", number="I-9", reason="booked on another dealer"
    )


def _line_reversal(event: str) -> Any:
    from events import SaleLineReversed

    return SaleLineReversed(line=event, reason="typed one thousand for one")


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
