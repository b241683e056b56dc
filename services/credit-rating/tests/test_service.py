"""The service as it is deployed: its own loops, a real Kafka and PostgreSQL, the registry's log beside it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from credit_rating.app import SERVICE
from eventlog.topics import declared
from events import DealerOnboarded, SurveyAnswered
from service.migrations import migrate
from service.testing import bearer, settings_of

TODAY = date(2026, 6, 30)
SOON = 60.0


@pytest.fixture
async def deployed(
    database: Callable[..., Awaitable[Any]], stack: Any, registry: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, Callable[..., Awaitable[None]]]]:
    """A client of the running service, and a way to let the registry publish."""
    urls = await database("deployed")
    migrate(urls.owner)
    prefix = f"{urls.name}."
    topics = [declared(name, prefix) for name in ("credit-rating", "customer-registry", "tiering")]
    admin = AIOKafkaAdminClient(**stack.kafka.client_options())
    await admin.start()
    await admin.create_topics([NewTopic(name, count, 1, topic_configs=dict(said)) for name, count, said in topics])
    settings = settings_of(
        database_url=urls.app, reader_database_url=urls.reader, kafka_topic_prefix=prefix, business_date=TODAY,
        kafka_bootstrap_servers=stack.kafka.bootstrap_servers, wait_seconds=30,
    )  # fmt: skip
    producer = AIOKafkaProducer(**stack.kafka.client_options())
    await producer.start()

    async def publish(*events: tuple[Any, str]) -> None:
        for record in [registry.add(event, key) for event, key in events]:
            await producer.send_and_wait(
                f"{prefix}{record.topic}", record.value, key=record.key, partition=record.partition,
                headers=list(record.headers),
            )  # fmt: skip

    app = SERVICE.application(settings)
    transport = httpx.ASGITransport(app)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://c") as client:
        yield client, publish
    await producer.stop()
    await admin.delete_topics([name for name, *_ in topics])
    await admin.close()


async def until(client: httpx.AsyncClient, path: str, wanted: Callable[[Any], bool]) -> Any:
    """Ask until the answer is as wanted."""
    async with asyncio.timeout(SOON):
        while True:
            answer = await client.get(path, headers=bearer("auditor"))
            if answer.status_code == 200 and wanted(answer.json()):
                return answer.json()
            await asyncio.sleep(0.05)


async def test_from_a_dealer_onboarded_elsewhere_to_a_released_order(deployed: Any, rows: Any) -> None:
    client, publish = deployed
    dealer = str(uuid4())
    await until(client, "/policies", lambda said: [p["version"] for p in said["items"]] == [1])
    onboarded = {
        "code": "D1", "name": "广州恒信商贸有限公司", "territory": "T1", "branch": "B1", "region": "R1",
        "channel_level": "distributor", "cooperation": "dealer", "references": [{"source": "ERP", "number": "1"}],
        "terms": {"method": "credit", "term_days": 30}, "forecast_monthly_sales": Decimal(100_000),
        "submitted_by": "a", "reviewed_by": "b", "approved_by": "c", "onboarded_on": date(2024, 1, 10),
    }  # fmt: skip
    surveyed = {
        "surveyed_on": "2026-06-01", "annual_turnover": "3500000.00", "nature": "company",
        "licences": "complete_valid", "premises": "local_owned", "founded_on": "2015-05-01", "demand": 60,
        "influence": 60, "by": "li.wei",
    }  # fmt: skip
    events = DealerOnboarded.model_validate(onboarded), SurveyAnswered.model_validate(surveyed)
    await publish(*((event, dealer) for event in events))
    await until(client, f"/dealers/{dealer}/receivables", lambda said: said["balance"] == "0.00")

    lines = [rows.invoice("1", f"I{m}", "60000.00", date(2026, m, 5)) for m in range(1, 7)]
    lines += [rows.payment("1", f"P{m}", "60000.00", date(2026, m, 20), f"I{m}") for m in range(1, 7)]
    bulk = await client.post(
        "/ledger:bulk", content="\n".join(map(json.dumps, lines)),
        headers=bearer("importer") | {"Idempotency-Key": "b", "Content-Type": "application/x-ndjson"},
    )  # fmt: skip
    summary = json.loads(bulk.text.splitlines()[-1])["summary"]
    assert summary["accepted"] == 12, bulk.text
    seen = {"Dealerlog-Position-At-Least": ",".join(summary["positions"])}

    run = await client.post(
        "/rating-runs", json={"region": "R1"},
        headers=bearer("regional_director", region="R1") | seen | {"Idempotency-Key": "r"},
    )  # fmt: skip
    assert run.status_code == 202, run.text
    done = await until(client, f"/rating-runs/{run.json()['run']}", lambda said: said["state"] == "completed")
    assert (done["rated"], done["left_out"]) == (1, 0)
    order = await client.post(
        f"/dealers/{dealer}/orders", json={"number": "O1", "amount": "20000.00", "currency": "CNY"},
        headers=bearer("branch_manager", branch="B1") | {"Idempotency-Key": "o"},
    )  # fmt: skip
    assert order.status_code == 201 and order.json()["state"] == "released", order.text
    health = (await client.get("/health/live")).json()
    assert health["status"] == "ok" and "rating" in health["loops"], health
    await until(client, f"/dealers/{dealer}/orders/O1", lambda said: said["state"] == "released")
