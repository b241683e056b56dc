"""A trace runs from the write through a batch to the rows: a link to the writer, a child for the database."""

import asyncio

import pytest
from faststream.kafka import KafkaBroker
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from eventlog import consume, projector
from eventlog.consume import Consuming
from eventlog.projector import Projector
from eventlog.tracing import MAX_LINKS, context_of, links_of, traceparent_of

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
DEALER = "0191d3a2-0000-7000-8000-00000000000a"


def traced(record, parent):
    record.value = record.value.replace(b',"data":', f',"traceparent":"{parent}","data":'.encode(), 1)
    return record


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for module in (consume, projector):
        monkeypatch.setattr(module, "tracer", provider.get_tracer("test"))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return exporter


async def test_the_chain_runs_from_the_writer_through_the_batch_to_the_rows(spans, stack, pool, world, topic_prefix):
    ledger = world.History("credit-rating", prefix=topic_prefix)
    records = [traced(ledger.add(world.invoice(f"I-{n}"), DEALER), PARENT) for n in range(3)]
    reader = Projector("reporting", world.declare(), pool, world.PARTITIONS, prefix=topic_prefix)
    await reader.start()
    async with world.topics(stack, reader.topics):
        await world.publish(stack, records)
        broker = KafkaBroker(stack.kafka.bootstrap_servers, logger=None)
        Consuming(broker, reader, group=f"{topic_prefix}reporting")
        await broker.start()
        for _ in range(400):
            if reader.applied == 3 and len(spans.get_finished_spans()) >= 2:
                break
            await asyncio.sleep(0.05)
        await broker.stop()
    named = {span.name: span for span in spans.get_finished_spans()}
    batch, write = named["consume batch"], named["project batch"]
    assert batch.kind is trace.SpanKind.CONSUMER
    assert [format(link.context.trace_id, "032x") for link in batch.links] == ["0af7651916cd43dd8448eb211c80319c"]
    assert write.parent.span_id == batch.context.span_id


def test_a_batch_names_at_most_so_many_traces_each_once(spans, world):
    ledger = world.History("credit-rating")
    parents = [PARENT[:-5] + f"{n:02x}-01" for n in range(50)]
    records = [traced(ledger.add(world.invoice(f"I-{n}"), DEALER), parents[n % 50]) for n in range(100)]
    assert len(links_of(records)) == MAX_LINKS


def test_what_is_no_traceparent_is_no_link():
    assert context_of("00-zz") is None and context_of("00-" + "0" * 32 + "-" + "0" * 16 + "-01") is None
    assert traceparent_of(b'{"id":"x","data":{"traceparent":"' + PARENT.encode() + b'"}}') is None
