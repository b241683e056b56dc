"""Bulk facts: parsed rows in, accepted and published, against COPY of the same bytes and then `send_batch` of them.

The publisher runs as it is deployed for such loads: role `relay`, a process beside the one that records.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TypeVar

import asyncpg
from aiokafka import AIOKafkaProducer

from bench.measuring import Aim, Row, in_turns
from bench.relaying import Relay, relaying
from bench.sizes import Size
from bench.stack import Bench, service
from bench.workload import Entry, documents, fact, facts
from dealerlog.addresses import Addresses
from dealerlog.topics import create_topics, delete_topics
from eventlog.meta import Fact, Verdict
from eventlog.topics import LARGEST_BATCH, declared
from events.placement import key_of, partition_of

CALL = 12_000
"""Rows of one call: a thousand a partition, as a large file is handed over."""
TURN = 250
"""Rows whose documents are written before the event loop turns, so that the call before goes on meanwhile."""
PROCESSES = "two processes: one records, one publishes"
T = TypeVar("T")


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """From parsed rows; from documents that are written already; the log alone, its publisher off."""
    events = size.events // 2
    async with service("credit-rating", where) as bench, relaying(bench) as relay:
        seeds = iter(range(1, 10_000))
        reached = await in_turns(
            {
                "parsed": lambda: from_parsed(bench, relay, held(documents(events, seed=next(seeds)))),
                "written": lambda: from_written(bench, relay, held(facts(events, seed=next(seeds)))),
                "bare": lambda: bare(bench, held(facts(events, seed=next(seeds)))),
            },
            size.rounds,
        )
    async with service("credit-rating", where) as bench:
        alone = await in_turns({"log": lambda: recorded(bench, held(facts(events, seed=next(seeds))))}, size.rounds)
    against = "COPY of the same bytes into one table, then send_batch of them"
    yield Row(
        "bulk facts: parsed rows in, accepted and published", "events/s", reached["parsed"], against, reached["bare"],
        (Aim(0.3), Aim(25_000, "ours")), note=PROCESSES,
    )  # fmt: skip
    yield Row(
        "bulk facts: documents in, accepted and published", "events/s", reached["written"], against, reached["bare"],
        note=PROCESSES,
    )  # fmt: skip
    yield Row("bulk facts: documents in, accepted, publisher off", "events/s", alone["log"], against, reached["bare"])


def held(given: Iterable[T]) -> list[T]:
    """A contender's input, kept from the garbage collector: who reads a file holds a slice of it, not all of it."""
    gc.unfreeze()
    rows = list(given)
    gc.collect()
    gc.freeze()
    return rows


async def from_parsed(bench: Bench, relay: Relay, parsed: Sequence[tuple[str, Entry]]) -> float:
    """Rows a second from validated events: their documents are written while the call before is under way."""
    started, under_way = time.perf_counter(), None
    for start in range(0, len(parsed), CALL):
        slice_ = []
        for turn in range(start, start + CALL, TURN):
            slice_ += [fact(dealer, event) for dealer, event in parsed[turn : turn + TURN]]
            await asyncio.sleep(0)
        if under_way:
            await accepted(under_way)
        under_way = asyncio.create_task(bench.log.record(slice_))
    if under_way:
        await accepted(under_way)
    await relay.drained()
    return len(parsed) / (time.perf_counter() - started)


async def from_written(bench: Bench, relay: Relay, given: Sequence[Fact]) -> float:
    """Rows a second until Kafka has acknowledged the last."""
    started = time.perf_counter()
    for start in range(0, len(given), CALL):
        await accepted(asyncio.create_task(bench.log.record(given[start : start + CALL])))
    await relay.drained()
    return len(given) / (time.perf_counter() - started)


async def recorded(bench: Bench, given: Sequence[Fact]) -> float:
    """Rows a second until the log has committed the last."""
    started = time.perf_counter()
    for start in range(0, len(given), CALL):
        await accepted(asyncio.create_task(bench.log.record(given[start : start + CALL])))
    return len(given) / (time.perf_counter() - started)


async def accepted(call: asyncio.Task[list[Verdict]]) -> None:
    """Wait for a call; every row of it must be new."""
    if any(verdict.kind != "accepted" for verdict in await call):
        raise AssertionError("a row was not accepted")


async def bare(bench: Bench, given: Sequence[Fact]) -> float:
    """The same bytes by COPY into one table without index, then by send_batch into a topic of as many partitions."""
    topic = declared("bench-bare", bench.prefix, bench.partitions)
    await create_topics(bench.where.kafka, [topic])
    by_partition: dict[int, list[Fact]] = {}
    for each in given:
        by_partition.setdefault(partition_of(key_of(each.stream), bench.partitions), []).append(each)
    connection = await asyncpg.connect(bench.urls.owner)
    await connection.execute(
        "create table public.bare (stream text, command uuid, hash bytea, id uuid, document bytea)"
    )
    producer = AIOKafkaProducer(**bench.kafka, acks="all", enable_idempotence=True, compression_type="zstd",
                                max_batch_size=LARGEST_BATCH, max_request_size=LARGEST_BATCH + (64 << 10))  # fmt: skip
    await producer.start()
    try:
        started = time.perf_counter()
        for start in range(0, len(given), CALL):
            records = [each[:5] for each in given[start : start + CALL]]
            await connection.copy_records_to_table("bare", records=records, schema_name="public")
        await asyncio.gather(*(_send(producer, topic[0], *each) for each in by_partition.items()))
        return len(given) / (time.perf_counter() - started)
    finally:
        await producer.stop()
        await connection.execute("drop table public.bare")
        await connection.close()
        await delete_topics(bench.where.kafka, [topic[0]])


async def _send(producer: AIOKafkaProducer, topic: str, partition: int, given: list[Fact]) -> None:
    batch = producer.create_batch()
    for each in given:
        key = key_of(each.stream).encode()
        if batch.append(key=key, value=each.document, timestamp=None, headers=[]) is None:
            await (await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=each.document, timestamp=None, headers=[])
    await (await producer.send_batch(batch, topic, partition=partition))
