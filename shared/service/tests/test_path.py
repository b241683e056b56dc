"""One write through HTTP, the log, Kafka and the projector to a scoped read, in a service as it is deployed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from fastapi import FastAPI, Request, Response
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from pydantic import BaseModel, ConfigDict

from eventlog.projection import FactsTable, StateTable, money, text, uuid
from eventlog.topics import declared
from events import InvoiceIssued
from service.app import Service
from service.bulk import Row, RowVerdict, ndjson
from service.context import Read, Write, WriteContext
from service.facts import record_rows
from service.migrations import migrate
from service.routing import Router
from service.scope import require_dealer_in_scope
from service.telemetry import Telemetry, parse_traceparent
from service.testing import bearer, settings_of

DEALER = "0190a6c2-0000-7000-8000-000000000001"
OTHER = "0190a6c2-0000-7000-8000-000000000002"
SPANS = InMemorySpanExporter()
IMPORTER = bearer("importer")

dealer_scope = StateTable(
    "dealer_scope", key={"dealer": uuid}, columns={"territory": text, "branch": text, "region": text}
)
invoice = FactsTable("invoice", columns={"dealer": uuid, "number": text, "amount": money}, scope="dealer")


@invoice.on(InvoiceIssued, uses=("number", "amount"))
def issued(e: Any) -> dict[str, Any]:
    return {"dealer": e.subject, "number": e.data.number, "amount": e.data.amount}


class Invoice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    dealer: UUID
    number: str
    amount: Decimal


class Numbers(BaseModel):
    numbers: list[str]


router = Router("invoices")


def fact_of(body: Invoice, write: WriteContext) -> Any:
    event = InvoiceIssued(
        source="ERP", number=body.number, amount=body.amount, currency="CNY", issued_on=date(2026, 1, 2),
        due_on=date(2026, 2, 1), method="credit", term_days=30, order=None,
    )  # fmt: skip
    return write.fact(event, key=str(body.dealer), natural=("ERP", "invoice", body.number))


@router.post("/invoices", permission="invoice.record", answers=Numbers)
async def record(body: Invoice, write: Write) -> Response:
    """One."""
    return write.answer(await write.record(fact_of(body, write)), Numbers(numbers=[body.number]))


@router.post("/invoices/bulk", permission="invoice.record", accepts="application/x-ndjson", status=200)
async def record_many(request: Request, write: Write) -> Response:
    """Many."""

    async def take(rows: list[Row[Invoice]]) -> list[RowVerdict]:
        return await record_rows(write.runtime.log, [(row.row, fact_of(row.model, write)) for row in rows])

    return await ndjson(request, Invoice, take)


@router.get("/dealers/{dealer}/invoices", permission="invoice.read", answers=Numbers)
async def numbers(dealer: UUID, read: Read) -> Numbers:
    """Numbers."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await conn.fetch("select number from invoice order by number")  # no filter by dealer: the policy binds
    return Numbers(numbers=[row["number"] for row in rows])


SERVICE = Service(
    name="credit-rating", title="Path", routers=[router], tables=[dealer_scope, invoice],
    permissions={"invoice.record": ("importer",), "invoice.read": ("importer", "sales_representative", "auditor")},
)  # fmt: skip


@pytest.fixture(scope="module")
async def app(module_database: Callable[..., Awaitable[Any]], stack: Any) -> AsyncIterator[FastAPI]:
    urls = await module_database("path")
    migrate(urls.owner)
    prefix = f"{urls.name}."
    name, partitions, config = declared("credit-rating", prefix)
    admin = AIOKafkaAdminClient(**stack.kafka.client_options())
    await admin.start()
    await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=dict(config))])
    settings = settings_of(database_url=urls.app, reader_database_url=urls.reader, kafka_topic_prefix=prefix,
                           kafka_bootstrap_servers=stack.kafka.bootstrap_servers, wait_seconds=20)  # fmt: skip
    telemetry = Telemetry("credit-rating", exporter=SPANS)
    telemetry.install()
    app = SERVICE.application(settings, telemetry=telemetry)
    async with app.router.lifespan_context(app):
        pool = app.state.runtime.pool
        schema = await pool.fetchval("select schema from projection.generation")
        for dealer, territory in ((DEALER, "T1"), (OTHER, "T2")):
            await pool.execute(
                f"insert into {schema}.dealer_scope values ($1, $2, 'B1', 'R1')", UUID(dealer), territory
            )
        while not await pool.fetchval("select opened from log.lineage"):
            await asyncio.sleep(0.02)
        yield app
    telemetry.close()
    await admin.delete_topics([name])
    await admin.close()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://path", timeout=60) as client:
        yield client


async def record_one(
    client: httpx.AsyncClient, dealer: str, number: str, amount: str = "10", key: str = ""
) -> httpx.Response:
    body = {"dealer": dealer, "number": number, "amount": amount}
    return await client.post("/invoices", headers=IMPORTER | {"Idempotency-Key": key or number}, json=body)


async def test_a_read_that_presents_its_position_sees_its_write_and_no_foreign_row(client: httpx.AsyncClient) -> None:
    ours, theirs = await record_one(client, DEALER, "A-1"), await record_one(client, OTHER, "B-1")
    assert (ours.status_code, theirs.status_code) == (201, 201)
    at_least = {"Dealerlog-Position-At-Least": ",".join(a.headers["dealerlog-position"] for a in (ours, theirs))}
    own = bearer("sales_representative", territory="T1") | at_least
    answer = await client.get(f"/dealers/{DEALER}/invoices", headers=own)
    assert answer.json() == {"numbers": ["A-1"]}
    foreign = await client.get(f"/dealers/{OTHER}/invoices", headers=own)
    assert foreign.status_code == 404
    everyone = await client.get(f"/dealers/{OTHER}/invoices", headers=bearer("auditor") | at_least)
    assert everyone.json() == {"numbers": ["A-1", "B-1"]}


async def test_a_document_counts_once_and_never_with_other_content(client: httpx.AsyncClient) -> None:
    first = await record_one(client, DEALER, "C-1")
    again = await record_one(client, DEALER, "C-1", amount="10.00", key="another request")
    assert (again.status_code, again.json()["position"]) == (201, first.json()["position"])
    other = await record_one(client, DEALER, "C-1", amount="11", key="a third")
    assert (other.status_code, other.json()["type"]) == (409, "urn:dealerlog:problem:document-conflict")


async def test_bulk_rows_are_told_apart(client: httpx.AsyncClient) -> None:
    rows = [("D-1", "1"), ("D-2", "2"), ("D-1", "1"), ("D-2", "3"), ("D-3", "x")]
    body = "\n".join(f'{{"dealer":"{DEALER}","number":"{number}","amount":"{amount}"}}' for number, amount in rows)
    headers = IMPORTER | {"Idempotency-Key": "bulk", "Content-Type": "application/x-ndjson"}
    answer = await client.post("/invoices/bulk", headers=headers, content=body)
    *verdicts, summary = [json.loads(line) for line in answer.text.splitlines()]
    assert [v.get("code", v["verdict"]) for v in verdicts] == [
        "accepted",
        "accepted",
        "duplicate",
        "document-conflict",
        "invalid",
    ]
    positions = ",".join(summary["summary"]["positions"])
    seen = await client.get(
        f"/dealers/{DEALER}/invoices", headers=IMPORTER | {"Dealerlog-Position-At-Least": positions}
    )
    assert {"D-1", "D-2"} <= set(seen.json()["numbers"])


async def test_a_position_that_does_not_come_is_a_504_with_the_lag(app: FastAPI, client: httpx.AsyncClient) -> None:
    position = (await record_one(client, DEALER, "E-1")).headers["dealerlog-position"]
    service, partition, sequence, lineage = position.split(":")
    ahead = f"{service}:{partition}:{int(sequence) + 7}:{lineage}"
    app.state.runtime.settings = app.state.runtime.settings.model_copy(update={"wait_seconds": 0.5})
    answer = await client.get(f"/dealers/{DEALER}/invoices", headers=IMPORTER | {"Dealerlog-Position-At-Least": ahead})
    assert (answer.status_code, answer.json()["type"]) == (504, "urn:dealerlog:problem:not-yet-visible")
    assert answer.json()["lag_events"] >= 7


async def test_health_metrics_and_operations_tell_how_it_is(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok", "loops": {"publisher": "ok", "consumer": "ok"}}
    assert (await client.get("/health/ready")).status_code == 200
    metrics = (await client.get("/metrics")).text
    assert "dealerlog_backlog_events" in metrics and "dealerlog_lag_events{partition=" in metrics
    assert 'dealerlog_late_events_total{reader="tables"} 0.0' in metrics
    assert [line for line in metrics.splitlines() if line.startswith("dealerlog_log_events ")] != [
        "dealerlog_log_events 0.0"
    ]
    positions = (await client.get("/ops/positions", headers=bearer("operator"))).json()
    assert {row["source"] for row in positions} == {"credit-rating"} and sum(row["sequence"] for row in positions) > 0
    assert (await client.get("/ops/parked", headers=bearer("operator"))).json() == []
    replay = {"source": "credit-rating", "stream": f"{DEALER}/ledger"}
    answer = await client.post("/ops/parked/replay", headers=bearer("operator") | {"Idempotency-Key": "r"}, json=replay)
    assert (answer.status_code, answer.json()) == (200, {})


async def test_a_trace_runs_from_the_request_through_a_batch_to_the_row(client: httpx.AsyncClient) -> None:
    theirs = parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert theirs is not None
    traced = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    body = {"dealer": DEALER, "number": "T-1", "amount": "1"}
    answer = await client.post("/invoices", headers=IMPORTER | traced | {"Idempotency-Key": "t"}, json=body)
    at_least = {"Dealerlog-Position-At-Least": answer.headers["dealerlog-position"]}
    await client.get(f"/dealers/{DEALER}/invoices", headers=IMPORTER | at_least)
    for _ in range(100):
        spans = {span.context.span_id: span for span in SPANS.get_finished_spans() if span.context}
        batches = [s for s in spans.values() if any(link.context.trace_id == theirs.trace_id for link in s.links)]
        if batches:
            break
        await asyncio.sleep(0.05)
    request = next(s for s in spans.values() if s.name == "POST /invoices" and s.context.trace_id == theirs.trace_id)
    assert request.parent is not None and request.parent.span_id == theirs.span_id
    (batch,) = batches
    assert [link.context.span_id for link in batch.links] == [request.context.span_id]
    within = [s for s in spans.values() if s.context.trace_id == batch.context.trace_id and s is not batch]
    projecting = next(s for s in within if s.name == "project batch")
    assert projecting.parent is not None and projecting.parent.span_id == batch.context.span_id
    assert any(s.parent and s.parent.span_id == projecting.context.span_id for s in within)  # what it asked PostgreSQL
