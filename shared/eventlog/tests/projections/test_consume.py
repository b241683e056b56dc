"""Delivery through a real Kafka: every event once, across restarts, rebalances, a wiped topic and hostile records."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from aiokafka.admin import NewTopic
from faststream.kafka import KafkaBroker

from eventlog.consume import Consuming
from eventlog.projector import Projector

DEALERS = [f"0191d3a2-0000-7000-8000-0000000000{n:02x}" for n in range(16)]


@asynccontextmanager
async def worker(stack, world, pool, prefix, tables=None):
    projector = Projector("reporting", tables or world.declare(), pool, world.PARTITIONS, prefix=prefix)
    await projector.start()
    broker = KafkaBroker(stack.kafka.bootstrap_servers, logger=None)
    consuming = Consuming(broker, projector, group=f"{prefix}reporting")
    await broker.start()
    try:
        yield projector, consuming
    finally:
        await broker.stop()


async def until(condition, seconds=25.0):
    for _ in range(int(seconds / 0.05)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")


@pytest.fixture
def prefixed(world, topic_prefix):
    return world.History("credit-rating", prefix=topic_prefix)


def counting(pool, wanted):
    async def enough():
        return await pool.fetchval("select count(*) from g1.ledger_entry") >= wanted

    return enough


ALL = ("customer-registry", "credit-rating", "tiering")


async def test_every_event_arrives_once_across_restarts_and_a_second_worker(stack, world, pool, topic_prefix, prefixed):
    for number in range(300):
        prefixed.add(world.invoice(f"I-{number}"), DEALERS[number % 16])
    records = world.shuffled([prefixed], 1)
    async with world.topics(stack, [f"{topic_prefix}{name}.events" for name in ALL]):
        await world.publish(stack, records[:100])
        async with worker(stack, world, pool, topic_prefix):
            await until(counting(pool, 100))
        await world.publish(stack, records[100:200])
        async with worker(stack, world, pool, topic_prefix) as (_, consuming):
            await until(counting(pool, 150))
            async with worker(stack, world, pool, topic_prefix):
                await world.publish(stack, records[200:])
                await until(counting(pool, 300))
            assert consuming.turned_at
    assert await pool.fetchval("select count(distinct number) from g1.ledger_entry") == 300
    assert await pool.fetchval("select sum(invoices) from g1.dealer") == 300


async def test_a_wiped_and_republished_topic_changes_nothing_and_goes_on(stack, world, pool, topic_prefix, prefixed):
    for number in range(120):
        prefixed.add(world.invoice(f"I-{number}"), DEALERS[number % 16])
    records = world.shuffled([prefixed], 2)
    name = f"{topic_prefix}credit-rating.events"
    async with world.topics(stack, [f"{topic_prefix}{each}.events" for each in ALL]) as admin:
        await world.publish(stack, records[:60])
        async with worker(stack, world, pool, topic_prefix):
            await until(counting(pool, 60))
        await admin.delete_topics([name])
        await asyncio.sleep(1)
        await admin.create_topics([NewTopic(name, world.PARTITIONS, 1)])
        extra = world.History("credit-rating", prefix=topic_prefix)
        assert extra.all() == []
        await world.publish(stack, records)
        async with worker(stack, world, pool, topic_prefix) as (projector, _):
            await until(counting(pool, 120))
            assert not projector.stopped
    assert await pool.fetchval("select sum(invoices) from g1.dealer") == 120


async def test_a_record_that_is_none_of_ours_stops_its_partition_only(stack, world, pool, topic_prefix, prefixed):
    for number in range(40):
        prefixed.add(world.invoice(f"I-{number}"), DEALERS[number % 16])
    records = world.shuffled([prefixed], 3)
    hostile = world.History("credit-rating", prefix=topic_prefix).add(world.invoice("X"), DEALERS[0])
    hostile.headers = (("placement", b"\xff\xfe"),)
    async with world.topics(stack, [f"{topic_prefix}{each}.events" for each in ALL]):
        await world.publish(stack, [hostile, *records])
        others = sum(1 for record in records if record.partition != hostile.partition)
        async with worker(stack, world, pool, topic_prefix) as (projector, _):
            await until(counting(pool, others))
            assert "no placement header" in projector.stopped["credit-rating", hostile.partition]
    assert await pool.fetchval("select count(*) from g1.ledger_entry") == others
