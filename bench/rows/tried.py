"""What was tried: each way that is used beside the ways that were left, so that the reasons can be measured again."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import msgspec
from faststream import AckPolicy

from bench.consuming import batches, consumed, raw, single
from bench.measuring import Contender, Row, in_turns
from bench.rows.bulk import recorded
from bench.rows.rebuild import SERVICE, fill, filled, two_small_headers
from bench.sends import by_batches, messages, one_by_one, sent
from bench.sizes import Size
from bench.stack import Bench, service
from bench.workload import facts
from credit_rating.projections import TABLES
from credit_rating.projections.ledger_entry import ledger_entry
from dealerlog.addresses import Addresses
from dealerlog.topics import create_topics, delete_topics
from eventlog import loading
from eventlog.database import connect_pool
from eventlog.meta import Fact
from eventlog.plan import Plan
from eventlog.projection import FactsTable
from eventlog.topics import LARGEST_BATCH, declared
from events import InvoiceIssued, PaymentReceived, decode

USED, FEW, MANY = 12, 3, 48
"""Partitions: as used, and a quarter and four times as many."""


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """What costs processor time alone; what goes through Kafka; how many partitions."""
    written = facts(min(size.events // 4, 40_000))
    for row in (*await decoders(written, size), await copied(written, size)):
        yield row
    async with service(SERVICE, where) as bench:
        yield await sending(bench, facts(size.events // 4), size)
        for row in await subscribing(bench, size):
            yield row
    for row in await partitions(where, size):
        yield row


def on_processor(act: Callable[[Any], Any], given: Sequence[Any]) -> Contender:
    """Calls a second of processor time: what else runs on the machine does not count."""

    async def measured() -> float:
        started = time.process_time()
        for each in given:
            act(each)
        return len(given) / (time.process_time() - started)

    return measured


async def decoders(written: Sequence[Fact], size: Size) -> list[Row]:
    """The reader of a service's projections against decoding everything."""
    ways: dict[str, Callable[[Any], Any]] = {
        "slim": Plan(TABLES).readers[SERVICE].decode,
        "full pydantic decode of the catalogue": decode,
        "json.loads, nothing checked": json.loads,
        "msgspec.json.decode, nothing checked": msgspec.json.decode,
    }
    given = [each.document for each in written]
    reached = await in_turns({name: on_processor(way, given) for name, way in ways.items()}, size.rounds)
    slim, *others = ways
    bytes_ = f"{sum(map(len, given)) // len(given)} bytes a document, processor time"
    return [
        Row("tried: decoding only declared fields", "events/s", reached[slim], other, reached[other], note=bytes_)
        for other in others
    ]


async def copied(written: Sequence[Fact], size: Size) -> Row:
    """Rows of decoded events by columns that are named, and by handlers that return a dict."""
    plans = {"named": Plan([ledger_entry]), "programmed": Plan([programmed()])}
    decoded = [plans["named"].readers[SERVICE].decode(each.document) for each in written]
    for event in decoded[:10]:
        if plans["named"].effects(SERVICE, event) != plans["programmed"].effects(SERVICE, event):
            raise AssertionError("the two ways differ")
    ways = {name: on_processor(partial(plan.effects, SERVICE), decoded) for name, plan in plans.items()}
    reached = await in_turns(ways, size.rounds)
    against = "a handler that returns a dict"
    note = "ledger_entry, processor time"
    return Row("tried: rows copied by name", "rows/s", reached["named"], against, reached["programmed"], note=note)


def programmed() -> FactsTable:
    """`ledger_entry` as it was before its columns were named."""
    table = FactsTable("ledger_entry", columns={name: ledger_entry.columns[name] for name in ledger_entry.declared})

    @table.on(InvoiceIssued, uses=("source", "number", "amount", "issued_on", "due_on", "method", "term_days", "order"))
    def invoiced(e: Any) -> dict[str, Any]:
        return {
            "dealer": e.subject, "kind": "invoice", "origin": e.data.source, "number": e.data.number,
            "amount": e.data.amount, "dated": e.data.issued_on, "due_on": e.data.due_on, "method": e.data.method,
            "term_days": e.data.term_days, "order_number": e.data.order, "importid": e.importid,
            "importrow": e.importrow,
        }  # fmt: skip

    @table.on(PaymentReceived, uses=("source", "number", "amount", "received_on", "method", "allocations"))
    def paid(e: Any) -> dict[str, Any]:
        return {
            "dealer": e.subject, "kind": "payment", "origin": e.data.source, "number": e.data.number,
            "amount": e.data.amount, "dated": e.data.received_on, "method": e.data.method,
            "allocations": e.data.allocations, "importid": e.importid, "importrow": e.importrow,
        }  # fmt: skip

    return table


async def sending(bench: Bench, given: Sequence[Fact], size: Size) -> Row:
    """Through one producer each, set up as the publisher's is."""
    topic = declared("bench-tried", bench.prefix, bench.partitions)
    await create_topics(bench.where.kafka, [topic])
    ours = messages(given, bench.partitions)
    ways: dict[str, Contender] = {
        "send_batch": lambda: sent(bench.kafka, topic[0], ours, by_batches, LARGEST_BATCH),
        "send": lambda: sent(bench.kafka, topic[0], ours, one_by_one, LARGEST_BATCH // 4),
    }
    try:
        reached = await in_turns(ways, size.rounds)
    finally:
        await delete_topics(bench.where.kafka, [topic[0]])
    note = "idempotent, acks=all, zstd; send() lingers 5 ms for batches of 256 KiB"
    return Row("tried: send_batch", "events/s", reached["send_batch"], "send() an event", reached["send"], note=note)


async def subscribing(bench: Bench, size: Size) -> list[Row]:
    """Handlers that do nothing, over the same documents under two headers that FastStream can decode."""
    events = size.events // 4
    await fill(bench, events)
    small, few = await two_small_headers(bench), min(events // 8, 2_000)
    ways: dict[str, Contender] = {
        "raw": lambda: consumed(bench, events, partial(raw, bench, small)),
        "FastStream's own batches": lambda: consumed(bench, events, partial(batches, small)),
        "FastStream one by one, a commit each (NACK_ON_ERROR)": lambda: consumed(
            bench, few, partial(single, small, AckPolicy.NACK_ON_ERROR)
        ),
        "FastStream one by one, commits now and then (ACK_FIRST: loses what fails)": lambda: consumed(
            bench, events // 4, partial(single, small, AckPolicy.ACK_FIRST)
        ),
    }
    try:
        reached = await in_turns(ways, size.rounds)
    finally:
        await delete_topics(bench.where.kafka, [small])
    first, *others = ways
    note = "theirs decode JSON, which ours leaves to the projector"
    return [Row("tried: raw batches of records", "events/s", reached[first], other, reached[other], note=note)
            for other in others]  # fmt: skip


async def partitions(where: Addresses, size: Size) -> list[Row]:
    """Filling tables and recording facts with as many partitions as are used, with fewer and with more."""
    seeds, events = itertools.count(500), size.events // 4
    async with AsyncExitStack() as stack:
        fills: dict[str, Contender] = {}
        records: dict[str, Contender] = {}
        for count in (USED, FEW, MANY):
            bench = await stack.enter_async_context(service(SERVICE, where, partitions=count))
            pool = await connect_pool(bench.urls.app, size=4, bounded=False)
            stack.push_async_callback(pool.close)
            await fill(bench, events)
            fills[str(count)] = partial(filled, bench, pool, loading.load)
            records[str(count)] = partial(more, bench, events // 4, seeds)
        reached = {
            "filling the tables, one process": await in_turns(fills, size.rounds),
            "facts in bulk, publisher off": await in_turns(records, size.rounds),
        }
    return [
        Row(f"tried: {USED} partitions, {what}", "events/s", found[str(USED)], f"{other} partitions", found[str(other)])
        for what, found in reached.items()
        for other in (FEW, MANY)
    ]


async def more(bench: Bench, events: int, seeds: Iterator[int]) -> float:
    """Events a second of so many that the log does not have."""
    return await recorded(bench, facts(events, seed=next(seeds)))
