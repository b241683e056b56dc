"""One trace from a client's request in one service, through Kafka in a batch, to what another service writes."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import date

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from serving import in_place
from varied import DEALERS

from dealerlog.fleet import MEMBERS
from dealerlog.topics import create_topics
from eventlog.histories import publish
from eventlog.topics import declared
from service.migrations import migrate
from service.telemetry import Telemetry, parse_traceparent
from service.testing import bearer, settings_of

THEIRS = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
ROWS = 12


@pytest.fixture
async def applications(stack, database, topic_prefix):
    """tiering, which takes sales in, and reporting, which shows them; one exporter keeps every span."""
    spans = InMemorySpanExporter()
    await create_topics(stack.kafka, [declared(name, topic_prefix) for name in MEMBERS])
    (registry,) = [each for each in in_place() if each.source == "customer-registry"]
    for record in (records := registry.all()):
        record.topic = topic_prefix + record.topic
    await publish(stack, records)
    async with AsyncExitStack() as opened:
        apps, databases = {}, {}
        for name in ("tiering", "reporting"):
            urls, service = await database("trace"), MEMBERS[name].declaration
            databases[name] = urls.name
            migrate(urls.owner, service.migrations)
            settings = settings_of(
                database_url=urls.app, reader_database_url=urls.reader, kafka_topic_prefix=topic_prefix,
                kafka_bootstrap_servers=stack.kafka.bootstrap_servers, wait_seconds=60, request_seconds=90,
                business_date=date(2027, 1, 4),
            )  # fmt: skip
            telemetry = Telemetry(name, exporter=spans)
            opened.callback(telemetry.close)
            telemetry.install()
            if (installed := trace.get_tracer_provider()) is not telemetry.provider:  # once a process
                installed.add_span_processor(SimpleSpanProcessor(spans))
            app = service.application(settings, telemetry=telemetry)
            await opened.enter_async_context(app.router.lifespan_context(app))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{name}", timeout=90)
            apps[name] = await opened.enter_async_context(client)
        yield apps, spans, databases


async def test_a_trace_runs_from_a_request_through_a_batch_to_another_services_rows(applications):
    clients, spans, databases = applications
    await until_known(clients["tiering"])
    lines = [
        {"kind": "sale", "dealer": DEALERS[n % 8], "source": "erp", "invoice": f"T-{n}", "product": "P",
         "quantity": "1", "unit_price": "2.50", "currency": "CNY", "sold_on": "2026-12-30"} for n in range(ROWS)
    ]  # fmt: skip
    headers = bearer("importer") | {"Idempotency-Key": "traced", "Content-Type": "application/x-ndjson"}
    body = "".join(json.dumps(line) + "\n" for line in lines)
    answer = await clients["tiering"].post("/sales:bulk", headers=headers | {"traceparent": THEIRS}, content=body)
    *verdicts, summary = [json.loads(line) for line in answer.text.splitlines()]
    assert [each["verdict"] for each in verdicts] == ["accepted"] * ROWS, answer.text
    at_least = {"Dealerlog-Position-At-Least": ",".join(summary["summary"]["positions"])}
    shown = await clients["reporting"].get("/api/dealers", headers=bearer("auditor") | at_least)
    assert shown.status_code == 200, shown.text

    request, wrote, consumed, projected, rows = await chain(spans, databases["reporting"])
    theirs = parse_traceparent(THEIRS)
    assert request.parent.span_id == theirs.span_id and request.context.trace_id == theirs.trace_id
    assert wrote, "what the request asked the database: the append"
    assert any(each.attributes["messaging.batch.message_count"] > 1 for each in consumed)
    assert all(request.context.span_id in {link.context.span_id for link in each.links} for each in consumed)
    assert projected and {each.parent.span_id for each in projected} <= {each.context.span_id for each in consumed}
    assert rows, "what the projecting asked reporting's database: the write"


async def chain(spans, database):
    """(request, its spans, batches that carry its events, what they projected, what that asked the database)."""
    theirs = parse_traceparent(THEIRS)
    for _ in range(400):
        every = list({span.context.span_id: span for span in spans.get_finished_spans()}.values())
        consumed = [s for s in every if any(link.context.trace_id == theirs.trace_id for link in s.links)]
        projected = children(every, consumed, "project batch")
        rows = children(every, projected)
        rows = [each for each in rows if each.attributes["db.name"] == database]
        if rows:
            break
        await asyncio.sleep(0.05)
    (request,) = [s for s in every if s.name == "POST /sales:bulk" and s.context.trace_id == theirs.trace_id]
    wrote = [s for s in every if s.context.trace_id == theirs.trace_id and s is not request]
    return request, wrote, consumed, projected, rows


def children(every, parents, name=""):
    ids = {each.context.span_id for each in parents}
    return [s for s in every if s.parent and s.parent.span_id in ids and s.name.startswith(name)]


async def until_known(tiering):
    """Until tiering knows the dealers that the registry's topic tells of."""
    for _ in range(600):
        answer = await tiering.get(f"/dealers/{DEALERS[7]}/class", headers=bearer("auditor"))
        if "in your scope" not in answer.text and answer.status_code in (200, 404):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"tiering does not know the dealers: {answer.text}")
