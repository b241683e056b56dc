"""A publisher of a lost database that wakes late: what it sends counts for nobody, and it stops. Real Kafka."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from dealerlog.topics import create_topics, delete_topics
from eventlog import fencing, restore, tail
from eventlog.log import Log
from eventlog.publisher import Diverged, Moved, Publisher
from eventlog.republish import republish
from eventlog.restore import adopt
from eventlog.testing import REGION, fact
from eventlog.topics import declared
from service.migrations import migrate

from .test_publisher import SERVICE, drained, history, publishing, rows, send

DEALERS = [f"d{n}" for n in range(30)]


@pytest.fixture
async def topic(stack, topic_prefix) -> str:
    name, *rest = declared(SERVICE, topic_prefix)
    await create_topics(stack.kafka, [(name, *rest)])
    return name


@pytest.fixture
def kafka(stack) -> dict[str, object]:
    return stack.kafka.client_options()


async def recorded(log: Log, *numbers: str) -> None:
    """A fact of each number for every dealer, so that every partition has some."""
    await log.record([fact(dealer, f"{dealer}-{number}") for number in numbers for dealer in DEALERS])


@pytest.fixture
async def lost(make_log, kafka, topic) -> Log:
    """A log whose first facts are published and whose second are not: its publisher froze."""
    log = await make_log()
    await recorded(log, "published")
    async with publishing(log, kafka, topic) as publisher:
        await opened(publisher)
        await drained(publisher)
    return log


async def opened(publisher: Publisher) -> None:
    async with asyncio.timeout(30):
        while not publisher.marks:
            await asyncio.sleep(0.02)


async def frozen(log: Log, kafka, topic: str) -> Publisher:
    """The old publisher, open, with what it has in hand."""
    publisher = Publisher(log, kafka, topic)
    await publisher.open()
    await recorded(log, "in hand")
    return publisher


async def wakes(publisher: Publisher, partitions: Iterable[int]) -> None:
    """It sends the one batch a partition that it had in hand; its own mark shows whether that was taken for ours."""
    producer = AIOKafkaProducer(**publisher.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    await asyncio.gather(*(publisher._send(producer, p) for p in partitions), return_exceptions=True)
    await producer.stop()


async def copied(make_log, database, kafka, topic: str) -> Log:
    """The log that comes after the lost one, from the topic."""
    urls = await database("after")
    migrate(urls.owner)
    log = await make_log(opened=False, urls=urls)
    await restore.restore(urls.owner, kafka, topic, SERVICE, [REGION])
    return log


async def published(log: Log, kafka, topic: str) -> Publisher:
    """Everything of a log, published."""
    async with publishing(log, kafka, topic) as publisher:
        await opened(publisher)
        await drained(publisher)
    return publisher


async def late(kafka, topic: str) -> int:
    async with tail.reading(kafka, topic, dict.fromkeys(range(12), 0)) as topic_now:
        async for _ in topic_now.records():
            pass
    return sum(len(each.late) for each in topic_now.histories.values())


@pytest.mark.slow
async def test_a_publisher_that_wakes_behind_the_fence_counts_for_nobody_and_stops(
    make_log, database, kafka, topic, lost
):
    old = await frozen(lost, kafka, topic)
    log = await copied(make_log, database, kafka, topic)
    await recorded(log, "after")
    running = Publisher(log, kafka, topic)
    await running.open()
    await wakes(old, range(12))
    with pytest.raises(Moved):
        await wakes_again(old)
    with pytest.raises(Diverged, match=r"lineage 2 by now, this log of 1: another database took over"):
        await old.open()
    await wakes(running, range(12))  # its first batch lands elsewhere than it expected: it starts anew
    await published(log, kafka, topic)
    await recorded(log, "on and on")
    await published(log, kafka, topic)
    assert await history(kafka, topic) == await rows(log)
    again = [dealer for dealer in DEALERS if log.partition_of(dealer) == log.partition_of(DEALERS[0])]
    assert await late(kafka, topic) == len(DEALERS) + len(again)
    adopted = await adopt(log.urls.owner, kafka, topic, SERVICE, [REGION])
    assert (adopted.events, adopted.lineage) == (0, 3)


async def wakes_again(publisher: Publisher) -> None:
    """One more batch, after which it must know that something is wrong."""
    producer = AIOKafkaProducer(**publisher.kafka, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        await publisher._send(producer, publisher.log.partition_of(DEALERS[0]))
    finally:
        await producer.stop()


@pytest.mark.slow
async def test_what_lands_before_the_fence_of_its_partition_comes_along_and_what_lands_behind_it_does_not(
    make_log, database, kafka, topic, lost, monkeypatch
):
    """The publisher wakes while `adopt` has fenced half of the partitions, and again when it has fenced the rest."""
    old = await frozen(lost, kafka, topic)
    before, between = range(4), range(4, 8)

    async def slowly(kafka, topic, partitions, lineage) -> None:
        await wakes(old, before)
        await fencing.fence(kafka, topic, range(6), lineage)
        await wakes(old, between)
        await fencing.fence(kafka, topic, range(6, 12), lineage)

    monkeypatch.setattr(restore, "fence", slowly)
    log = await copied(make_log, database, kafka, topic)
    held = await rows(lost)
    ends = Counter(partition for partition, _, _ in held)
    came = [row for row in held if row[0] in (0, 1, 2, 3, 6, 7) or row[1] <= ends[row[0]] // 2]
    assert await rows(log) == came
    await recorded(log, "after")
    await published(log, kafka, topic)
    assert await history(kafka, topic) == await rows(log)
    assert await late(kafka, topic) == (ends[4] + ends[5]) // 2 > 0


async def test_what_was_accepted_before_the_promotion_is_published_behind_the_fence(kafka, topic, lost):
    """The promoted replica holds more than the topic, of the old lineage: it is sent as the new one's."""
    await recorded(lost, "not published yet")
    adopted = await adopt(lost.urls.owner, kafka, topic, SERVICE, [REGION])
    assert (adopted.events, adopted.lineage) == (0, 2)
    await recorded(lost, "after")
    await published(lost, kafka, topic)
    assert await history(kafka, topic) == await rows(lost)
    assert await late(kafka, topic) == 0
    lineages = "select lineage, count(*) from log.event group by 1 order by 1"
    assert [tuple(row) for row in await lost.pool.fetch(lineages)] == [(1, 60), (2, 30)]


async def test_a_publisher_of_the_adopted_database_that_opened_before_starts_anew(kafka, topic, lost):
    """It would send events of both lineages as one batch, the first of them late."""
    old = await frozen(lost, kafka, topic)
    await adopt(lost.urls.owner, kafka, topic, SERVICE, [REGION])
    await recorded(lost, "after")
    with pytest.raises(Moved, match="went on as lineage 2"):
        await wakes_again(old)
    await published(lost, kafka, topic)
    assert await history(kafka, topic) == await rows(lost)


@pytest.mark.slow
async def test_a_topic_made_anew_is_fenced_before_it_is_filled(make_log, database, stack, kafka, topic, lost):
    """The old publisher sleeps through `adopt`, the loss of the topic and `republish`."""
    old = await frozen(lost, kafka, topic)
    log = await copied(make_log, database, kafka, topic)
    await recorded(log, "after")
    await published(log, kafka, topic)
    await delete_topics(stack.kafka, [topic])
    await gone(stack, kafka, topic)
    await create_topics(stack.kafka, [(topic, *declared(SERVICE)[1:])])
    await republish(log.urls.owner)
    await Publisher(log, kafka, topic).open()
    await wakes(old, range(12))
    await published(log, kafka, topic)
    assert await history(kafka, topic) == await rows(log)
    assert await late(kafka, topic) == len(DEALERS)
    again = await copied(make_log, database, kafka, topic)
    assert await rows(again) == await rows(log)


async def gone(stack, kafka, topic: str) -> None:
    """Deletion is not done when it is answered."""
    admin = AIOKafkaAdminClient(**kafka)
    await admin.start()
    async with asyncio.timeout(30):
        while topic in await admin.list_topics():
            await asyncio.sleep(0.1)
    await admin.close()


@pytest.mark.slow
async def test_a_topic_that_was_adopted_before_there_were_fences_is_fenced_when_its_publisher_opens(kafka, topic, lost):
    """Such a topic goes from one lineage to the next without a word, in some partitions not yet."""
    owner = await asyncpg.connect(lost.urls.owner)
    await owner.execute("update log.lineage set lineage = 2")
    await owner.close()
    await lost.record([fact("d1", "of lineage 2")])
    await send(kafka, topic, [(await lost.read(lost.partition_of("d1"), 0, 100))[-1]])
    await published(lost, kafka, topic)
    await recorded(lost, "after")
    await published(lost, kafka, topic)
    assert await history(kafka, topic) == await rows(lost)
    async with tail.reading(kafka, topic, dict.fromkeys(range(12), 0)) as topic_now:
        async for _ in topic_now.records():
            pass
    assert {each.epoch for each in topic_now.histories.values()} == {2}


async def test_a_copy_that_is_only_read_leaves_the_topic_to_its_owner(make_log, database, kafka, topic, lost):
    urls = await database("copy")
    migrate(urls.owner)
    copy = await make_log(opened=False, urls=urls)
    await restore.restore(urls.owner, kafka, topic, SERVICE, [REGION], fenced=False)
    assert await rows(copy) == await rows(lost)
    await recorded(lost, "after")
    await published(lost, kafka, topic)
    assert await history(kafka, topic) == await rows(lost)
