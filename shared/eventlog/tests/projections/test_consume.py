"""Delivery through a real Kafka: every event once, across restarts, rebalances, a wiped topic and hostile records."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic, RecordsToDelete
from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from eventlog.consume import Consuming
from eventlog.projector import Projector

DEALERS = [f"0191d3a2-0000-7000-8000-0000000000{n:02x}" for n in range(16)]


@asynccontextmanager
async def worker(stack, world, pool, prefix, tables=None, ask=None):
    projector = Projector("reporting", tables or world.declare(), pool, world.PARTITIONS, prefix=prefix, ask=ask)
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


async def test_a_topic_made_anew_that_ends_where_the_position_stood_is_read_from_its_start(
    stack, world, pool, topic_prefix, prefixed
):
    for number in range(29):
        prefixed.add(world.invoice(f"I-{number}"), DEALERS[0])
    records = world.shuffled([prefixed], 5)
    name = f"{topic_prefix}credit-rating.events"
    async with world.topics(stack, [f"{topic_prefix}{each}.events" for each in ALL]) as admin:
        await world.publish(stack, [*records[:10], *records[:10], *records[10:20]])  # the 20th stands at offset 29
        async with worker(stack, world, pool, topic_prefix):
            await until(counting(pool, 20))
        await admin.delete_topics([name])
        await asyncio.sleep(1)
        await admin.create_topics([NewTopic(name, world.PARTITIONS, 1)])
        await world.publish(stack, records)  # without the repeats it ends at offset 29: nothing stands there yet
        async with worker(stack, world, pool, topic_prefix) as (projector, _):
            await until(counting(pool, 29), seconds=10)
            assert not projector.stopped


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


async def emptied(admin, name, partitions):
    """Delete every record of a topic, up to its very end."""
    everything = {TopicPartition(name, p): RecordsToDelete(-1) for p in range(partitions)}

    async def deleted():
        try:
            return await admin.delete_records(everything)
        except KafkaError:  # a topic that is new has no leader for a moment
            return False

    await until(deleted)


async def test_what_an_emptied_topic_held_behind_the_position_is_asked_from_its_owner_at_once(
    stack, world, pool, topic_prefix, prefixed
):
    for number in range(120):
        prefixed.add(world.invoice(f"I-{number}"), DEALERS[number % 16])
    records = prefixed.all()
    name = f"{topic_prefix}credit-rating.events"
    held = {}
    for record in records:
        held.setdefault(record.partition, []).append(record)

    async def ask(source, partition, after, upto):
        found = held.get(partition, [])[after:upto][:7]
        return [replace(each, offset=-1) for each in found] if source == "credit-rating" else []

    async with world.topics(stack, [f"{topic_prefix}{each}.events" for each in ALL]) as admin:
        await world.publish(stack, records[:60])
        async with worker(stack, world, pool, topic_prefix):
            await until(counting(pool, 60))
        await world.publish(stack, records[60:])
        await emptied(admin, name, world.PARTITIONS)
        async with worker(stack, world, pool, topic_prefix, ask=ask) as (projector, _):
            await until(counting(pool, 120))
            assert not projector.stopped
        async with worker(stack, world, pool, topic_prefix, ask=ask) as (projector, _):
            extra = prefixed.add(world.invoice("I-120"), DEALERS[0])
            held[extra.partition].append(extra)
            await world.publish(stack, [extra])
            await until(counting(pool, 121))
            assert not projector.stopped
    assert await pool.fetchval("select sum(invoices) from g1.dealer") == 121


async def test_an_emptied_topic_stops_its_partition_where_nobody_can_be_asked(
    stack, world, pool, topic_prefix, prefixed
):
    record = prefixed.add(world.invoice("I-1"), DEALERS[0])
    async with world.topics(stack, [f"{topic_prefix}{each}.events" for each in ALL]) as admin:
        await world.publish(stack, [record])
        await emptied(admin, f"{topic_prefix}credit-rating.events", world.PARTITIONS)
        async with worker(stack, world, pool, topic_prefix) as (projector, _):

            async def stopped():
                return "lacks sequences 1 to 1" in projector.stopped.get(("credit-rating", record.partition), "")

            await until(stopped)
