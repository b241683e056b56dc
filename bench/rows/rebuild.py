"""Rebuild: from the topics to the service's tables, against a bare client that drains the same topics."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

from aiokafka import AIOKafkaProducer

from bench.drains import drain
from bench.measuring import Aim, Row, in_turns
from bench.sizes import Size
from bench.stack import Bench, service
from bench.workload import facts
from dealerlog.addresses import Addresses
from dealerlog.topics import create_topics, delete_topics
from eventlog import generations, loading, positions
from eventlog.database import connect_pool
from eventlog.loading import Load
from eventlog.reached import Reached
from eventlog.rebuild import Rebuild
from eventlog.topics import LARGEST_BATCH, declared
from eventlog.workers import Workers

SERVICE = "credit-rating"
TABLES = "credit_rating.projections:TABLES"


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Fill, whole rebuild, two workers; the drain of the same topic and of the same records with two small headers."""
    async with service(SERVICE, where) as bench:
        events = size.events
        await fill(bench, events)
        small = await two_small_headers(bench)
        pool = await connect_pool(bench.urls.app, size=8, bounded=False)
        try:
            await generations.ensure(pool, bench.plan, bench.partitions, bench.security)
            await live(bench, pool)
            reached = await in_turns(
                {
                    "drain": lambda: drain(bench.kafka, [bench.topic], bench.partitions, events),
                    "small": lambda: drain(bench.kafka, [small], bench.partitions, events),
                    "fill": lambda: filled(bench, pool, loading.load),
                    "two": lambda: filled(bench, pool, Workers(TABLES, bench.urls.app, 2)),
                    "whole": lambda: rebuilt(bench, pool),
                },
                size.rounds,
            )
        finally:
            await pool.close()
            await delete_topics(where.kafka, [small])
    bare = "bare aiokafka drain of the same topics"
    yield Row(
        "rebuild: filling the tables, one process", "events/s", reached["fill"], bare, reached["drain"], (Aim(0.6),)
    )
    yield Row(
        "rebuild: filling the tables, two workers", "events/s", reached["two"], bare, reached["drain"],
        (Aim(1.0), Aim(100_000, "ours")), note="this process, and one that it starts within the time",
    )  # fmt: skip
    yield Row(
        "rebuild: whole, with digests of both sides and the switch",
        "events/s",
        reached["whole"],
        bare,
        reached["drain"],
    )
    yield Row("drain: the same records with two small headers", "events/s", reached["small"], bare, reached["drain"])


async def fill(bench: Bench, events: int, slice_: int = 20_000, seed: int = 1) -> None:
    """Record and publish so many facts."""
    for start in range(0, events, slice_):
        await bench.log.record(facts(min(slice_, events - start), seed=seed * 1000 + start // slice_))
    await bench.publish()


async def targets(bench: Bench) -> dict[Any, Reached]:
    """Where every partition of the log ends."""
    ends = "select distinct on (partition) partition, sequence, id from log.event order by partition, sequence desc"
    rows_ = await bench.pool.fetch(ends)
    return {(bench.member.name, row["partition"]): Reached(row["sequence"], row["id"].bytes) for row in rows_}


async def filled(bench: Bench, pool: Any, load: Any) -> float:
    """Events a second into an empty generation."""
    ends = await targets(bench)
    async with pool.acquire() as connection:
        async with connection.transaction():
            green = await generations.create(connection, bench.plan, bench.partitions, bench.security, state="filling")
        started = time.perf_counter()
        what = Load(green.schema, green.shape, {source: topic for topic, source in bench.topics.items()})
        done = await load(what, bench.plan, connection, bench.kafka, ends, lambda events: None)
        seconds = time.perf_counter() - started
        await generations.drop(connection, green.generation)
    return float(done / seconds)


async def live(bench: Bench, pool: Any) -> None:
    """Bring the generation that is read to the end of the log: what a rebuild is compared with."""
    async with pool.acquire() as connection:
        blue = await generations.current(connection)
        what = Load(blue.schema, blue.shape, {source: topic for topic, source in bench.topics.items()})
        await loading.load(what, bench.plan, connection, bench.kafka, await targets(bench), lambda events: None)
        assert await positions.load(connection, blue.schema, bench.plan.sources)


async def rebuilt(bench: Bench, pool: Any) -> float:
    """Events a second of a whole rebuild, as `dealerlog rebuild` does it."""
    async with pool.acquire() as connection:
        before = (await generations.current(connection)).generation
    done = await Rebuild(bench.plan, pool, kafka=bench.kafka, topics=bench.topics, partitions=bench.partitions,
                         security=bench.security).run()  # fmt: skip
    async with pool.acquire() as connection:
        await generations.drop(connection, before)
    if not all(each.equal for each in done.compared):
        raise AssertionError("the rebuilt tables differ")
    return done.events / done.seconds


async def two_small_headers(bench: Bench) -> str:
    """A topic with the same documents under two small headers, as experiments/rebuild.py had them."""
    topic, partitions, configs = declared("bench-small", bench.prefix, bench.partitions)
    await create_topics(bench.where.kafka, [(topic, partitions, configs)])
    producer = AIOKafkaProducer(**bench.kafka, acks="all", compression_type="zstd", max_batch_size=LARGEST_BATCH)
    await producer.start()
    for partition in range(bench.partitions):
        after = 0
        while page := await bench.log.read(partition, after, 1000):
            batch = producer.create_batch()
            for row in page:
                headers = [("log_index", b"12345678"), ("sequence", b"1234567")]
                if (
                    batch.append(key=row.stream[:36].encode(), value=row.document, timestamp=None, headers=headers)
                    is None
                ):
                    break
                after = row.sequence
            await (await producer.send_batch(batch, topic, partition=partition))
    await producer.stop()
    return topic
