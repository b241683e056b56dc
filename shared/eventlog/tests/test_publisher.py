"""From log to topic and back: in order, once, and never a second history. Real Kafka, real PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
from aiokafka import AIOKafkaProducer

from dealerlog.topics import create_topics, delete_topics
from eventlog import reading, tail
from eventlog.log import Log
from eventlog.publisher import Diverged, Publisher
from eventlog.refusals import LogClosed
from eventlog.republish import republish
from eventlog.restore import CannotRestore, adopt, restore
from eventlog.testing import REGION, fact, meta
from eventlog.topics import TopicUnfit, declared, require_fit
from events import RegionDefined
from events.placement import HEADER, pack
from service.migrations import migrate

SERVICE = "customer-registry"


def region(name: str, code: str = "R1") -> RegionDefined:
    return RegionDefined(code=code, name=name)


@pytest.fixture
async def topic(stack, topic_prefix) -> str:
    name, *rest = declared(SERVICE, topic_prefix)
    await create_topics(stack.kafka, [(name, *rest)])
    return name


@pytest.fixture
def kafka(stack) -> dict[str, object]:
    return stack.kafka.client_options()


@contextlib.asynccontextmanager
async def publishing(log: Log, kafka, topic: str) -> AsyncIterator[Publisher]:
    publisher = Publisher(log, kafka, topic)
    task = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def drained(publisher: Publisher) -> None:
    async with asyncio.timeout(30):
        while not await publisher.drained():
            assert publisher.stopped is None, publisher.stopped
            await asyncio.sleep(0.02)


async def history(kafka, topic: str) -> list[tuple[int, int, object]]:
    return [
        (p, record.placement.sequence, record.id)
        for p in range(12)
        async for batch in tail.scan(kafka, topic, p)
        for record in batch
    ]


async def rows(log: Log) -> list[tuple[int, int, object]]:
    return [(p, row.sequence, row.id) for p in range(12) for row in await log.read(p, 0, 10_000)]


async def fill(log: Log, commands: int = 20, facts: int = 500) -> None:
    for n in range(commands):
        await log.handle(REGION, f"region-{n % 5}", region(f"name {n}", f"R{n % 5}"), meta(f"c{n}", n))
    await log.record([fact(f"d{n % 30}", str(n)) for n in range(facts)])


async def test_everything_logged_is_published_once_and_in_order(make_log, kafka, topic):
    log = await make_log(opened=False)
    async with publishing(log, kafka, topic) as publisher:
        await wait_open(log)
        await fill(log)
        await drained(publisher)
    assert await history(kafka, topic) == await rows(log)
    assert publisher.published == 520


async def wait_open(log: Log) -> None:
    async with asyncio.timeout(30):
        while not await log.pool.fetchval("select opened from log.lineage"):
            await asyncio.sleep(0.02)


async def test_two_publishers_and_restarts_only_waste_work(make_log, kafka, topic):
    log = await make_log()
    other = await make_log(urls=log.urls)
    second = Publisher(other, kafka, topic)
    await second.open()
    async with publishing(log, kafka, topic) as publisher:
        await fill(log)
        await drained(publisher)
    before = await history(kafka, topic)
    lease = await other.pool.acquire()
    task = asyncio.create_task(second._hold(lease))  # it never asked for the lease: the worst case
    await fill(other, 0, 700)
    async with publishing(log, kafka, topic) as publisher:
        await drained(publisher)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await other.pool.release(lease)
        await drained(publisher)
    seen: dict[tuple[int, int], object] = {}
    for partition, sequence, id_ in await history(kafka, topic):
        assert seen.setdefault((partition, sequence), id_) == id_
        assert sequence == 1 or (partition, sequence - 1) in seen, "a record before what comes before it"
    assert sorted((p, s, i) for (p, s), i in seen.items()) == await rows(log)
    assert len(before) == 520


async def test_a_producer_that_never_hears_from_kafka_again_is_replaced(make_log, kafka, topic, monkeypatch):
    sent, send_batch = [], AIOKafkaProducer.send_batch

    async def wedged_once(producer, *given, **named):
        sent.append(await send_batch(producer, *given, **named))
        if len(sent) > 1:
            return sent[-1]
        monkeypatch.setattr(producer._message_accumulator, "close", asyncio.Event().wait)  # as if it could not flush
        return asyncio.get_running_loop().create_future()

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", wedged_once)
    monkeypatch.setattr("eventlog.publisher.ACKNOWLEDGED_SECONDS", 1.0)
    monkeypatch.setattr("eventlog.publisher.FLUSH_SECONDS", 0.2)
    log = await make_log(opened=False)
    async with publishing(log, kafka, topic) as publisher:
        await wait_open(log)
        await fill(log, 2, 20)
        await drained(publisher)
    assert len(sent) > 1 and await history(kafka, topic) == await rows(log)


async def test_a_wiped_topic_stops_the_publisher_until_it_is_told_to_republish(make_log, stack, kafka, topic):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await fill(log)
        await drained(publisher)
    await delete_topics(stack.kafka, [topic])
    await asyncio.sleep(1)
    await create_topics(stack.kafka, [(topic, *declared(SERVICE)[1:])])
    with pytest.raises(Diverged, match="republish"):
        await Publisher(log, kafka, topic).open()
    assert await republish(log.urls.owner) == 520
    async with publishing(log, kafka, topic) as publisher:
        async with asyncio.timeout(20):
            while not publisher.marks:
                await asyncio.sleep(0.05)
        await drained(publisher)
    assert await history(kafka, topic) == await rows(log)


@pytest.mark.slow
async def test_a_lost_database_comes_back_from_its_topic_with_its_command_ids_and_claims(
    make_log, database, kafka, topic
):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await fill(log)
        await drained(publisher)
    urls = await database("again")
    migrate(urls.owner)
    empty = await make_log(opened=False, urls=urls)
    with pytest.raises(Diverged, match="restore"):
        await Publisher(empty, kafka, topic).open()
    with pytest.raises(LogClosed):
        await empty.handle(REGION, "region-1", region("x", "R1"), meta())
    restored = await restore(urls.owner, kafka, topic, SERVICE, [REGION])
    assert (restored.events, restored.lineage) == (520, 2)
    assert await rows(empty) == await rows(log)
    claims = "select key, stream from log.claim order by 1"
    assert await empty.pool.fetch(claims) == await log.pool.fetch(claims) != []
    again = await empty.handle(REGION, "region-4", region("name 4", "R4"), meta("c4", 4))
    assert again.repeated and again.version == 1
    assert {v.kind for v in await empty.record([fact("d1", "1"), fact("d2", "2")])} == {"duplicate"}
    fresh = await empty.handle(REGION, "region-4", region("after", "R4"), meta())
    assert fresh.position.lineage == 2 and fresh.version == 5
    async with publishing(empty, kafka, topic) as publisher:
        await drained(publisher) if publisher.marks else await asyncio.sleep(1)
        await drained(publisher)
    with pytest.raises(Diverged, match="lineage 2"):
        await Publisher(log, kafka, topic).open()
    with pytest.raises(CannotRestore, match="not empty"):
        await restore(urls.owner, kafka, topic, SERVICE, [REGION])


async def test_a_database_restored_to_an_earlier_moment_is_kept_out_until_it_adopts(make_log, kafka, topic):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await fill(log)
        await drained(publisher)
    expected = await rows(log)
    owner = await asyncpg.connect(log.urls.owner)
    await owner.execute("delete from log.event where sequence > 20; delete from log.head; delete from log.claim")
    await owner.execute("update log.lineage set timeline = '0000000F'")
    with pytest.raises(LogClosed, match="adopt"):
        await log.handle(REGION, "region-1", region("x", "R1"), meta())
    adopted = await adopt(log.urls.owner, kafka, topic, SERVICE, [REGION])
    assert adopted.lineage == 2 and adopted.claims > 0
    assert await rows(log) == expected
    await owner.execute("delete from log.event where sequence > 20")
    forged = "update log.event set id = gen_random_uuid() where sequence = 20"
    await owner.execute(forged)
    await owner.close()
    with pytest.raises(CannotRestore, match="two histories"):
        await adopt(log.urls.owner, kafka, topic, SERVICE, [REGION])


async def test_a_topic_that_would_lose_events_is_refused(stack, kafka, topic_prefix):
    name, partitions, configs = declared("tiering", topic_prefix)
    with pytest.raises(TopicUnfit, match="does not exist"):
        await require_fit(kafka, name, partitions)
    await create_topics(stack.kafka, [(name, partitions, {**configs, "retention.ms": "1000"})])
    with pytest.raises(TopicUnfit, match="retention"):
        await require_fit(kafka, name, partitions)
    with pytest.raises(TopicUnfit, match="partitions"):
        await require_fit(kafka, name, 6)


MARKS = "select partition, sequence, id, kafka_offset from log.mark order by partition"


async def marked(log: Log, publisher: Publisher) -> list[asyncpg.Record]:
    """The marks in the database, once they say that all is published."""
    await drained(publisher)
    lasts = {p: last for p, last in (await log.last()).items() if last}
    async with asyncio.timeout(30):
        while True:
            found = await log.pool.fetch(MARKS)
            if {row["partition"]: row["sequence"] for row in found} == lasts:
                return found
            await asyncio.sleep(0.02)


async def test_a_mark_that_was_lost_after_its_batch_was_sent_is_written_again_from_the_topics_end(
    make_log, kafka, topic
):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await fill(log, 5, 40)
        written = await marked(log, publisher)
    owner = await asyncpg.connect(log.urls.owner)
    await owner.execute("delete from log.mark where partition % 2 = 0")
    await owner.execute("update log.mark set sequence = 1")
    await owner.close()
    await Publisher(log, kafka, topic).open()
    assert await log.pool.fetch(MARKS) == written


async def test_a_publisher_that_was_overtaken_sets_no_mark_back(make_log, kafka, topic):
    log = await make_log()
    slow = Publisher(log, kafka, topic)
    await slow.open()
    async with publishing(log, kafka, topic) as publisher:
        await fill(log, 0, 40)
        written = await marked(log, publisher)
    partition, last = written[0][:2]
    slow.marks[partition] = publisher.marks[partition]._replace(sequence=last - 1)
    await slow._mark([partition])
    assert await log.pool.fetch(MARKS) == written


async def send(kafka, topic: str, rows_: list[reading.LogRow]) -> None:
    """Put rows of a log into a topic as a publisher would that knows no better."""
    producer = AIOKafkaProducer(**kafka, acks="all")
    await producer.start()
    for row in rows_:
        headers = [(HEADER, pack(row.placement))]
        await producer.send_and_wait(topic, row.document, key=b"k", partition=row.partition, headers=headers)
    await producer.stop()


async def test_a_topic_created_anew_under_its_publisher_is_noticed_by_what_it_begins_with(
    make_log, stack, kafka, topic
):
    """The batch that was under way is the topic's last record, and the log has it: the record alone would not tell."""
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await fill(log, 0, 60)
        await drained(publisher)
    await delete_topics(stack.kafka, [topic])
    await asyncio.sleep(1)
    await create_topics(stack.kafka, [(topic, *declared(SERVICE)[1:])])
    (partition,) = [p for p, last in (await log.last()).items() if last > 3][:1]
    await send(kafka, topic, (await log.read(partition, 2, 100)))
    with pytest.raises(Diverged, match="begins at sequence 3"):
        await Publisher(log, kafka, topic).open()


async def test_an_event_of_another_history_is_noticed_before_the_last_record(make_log, kafka, topic):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await log.record([fact("d1", str(n)) for n in range(3)])
        await drained(publisher)
    await log.record([fact("d1", "ours")])
    (ours,) = await log.read(log.partition_of("d1"), 3, 10)
    other = uuid4()
    await send(
        kafka, topic, [ours._replace(id=other, document=b'{"specversion":"1.0","id":"%s"}' % str(other).encode()), ours]
    )
    with pytest.raises(Diverged, match="two histories"):
        await Publisher(log, kafka, topic).open()


@pytest.mark.parametrize(
    ("value", "headers", "why"),
    [
        (b"hello", [], "KeyError"),
        (None, [], "KeyError"),
        (b"hello", [(HEADER, b"short")], "Undecodable"),
        (b"hello", "ours", "DecodeError"),
        (b'{"id":"none"}', "ours", "ValidationError"),
        (b"hello", "elsewhere", "placed in partition|DecodeError"),
    ],
)
async def test_a_record_of_another_program_stops_the_publisher_which_says_so_and_lives(
    make_log, kafka, topic, value, headers, why
):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await log.record([fact("d1", str(n)) for n in range(3)])
        await drained(publisher)
        partition = log.partition_of("d1")
        (row,) = await log.read(partition, 2, 1)
        placed = row.placement if headers == "ours" else row.placement._replace(partition=(partition + 1) % 12)
        await foreign(kafka, topic, partition, value, [(HEADER, pack(placed))] if isinstance(headers, str) else headers)
        await log.record([fact("d1", "after")])
        async with asyncio.timeout(20):
            while publisher.stopped is None:
                await asyncio.sleep(0.02)
        turned = publisher.turned_at
        async with asyncio.timeout(20):
            while publisher.turned_at == turned:
                await asyncio.sleep(0.02)
        said = f"{re.escape(topic)}.{partition}. holds no event at offset 3 .*({why}).*delete the topic, then run"
        assert re.search(said, publisher.stopped or ""), publisher.stopped
    with pytest.raises(CannotRestore, match="holds no event at offset 3"):
        await adopt(log.urls.owner, kafka, topic, SERVICE, [REGION])


async def foreign(kafka, topic: str, partition: int, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
    producer = AIOKafkaProducer(**kafka)
    await producer.start()
    await producer.send_and_wait(topic, value, key=b"d1", partition=partition, headers=headers)
    await producer.stop()


async def test_a_gap_behind_the_mark_is_noticed(make_log, kafka, topic):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await log.record([fact("d1", str(n)) for n in range(3)])
        await drained(publisher)
    await log.record([fact("d1", str(n)) for n in range(3, 8)])
    await send(kafka, topic, (await log.read(log.partition_of("d1"), 4, 10)))
    with pytest.raises(Diverged, match="lacks sequences 4 to 4"):
        await Publisher(log, kafka, topic).open()


async def test_a_batch_that_came_late_is_passed_over_and_the_mark_names_where_its_event_stands(make_log, kafka, topic):
    log = await make_log()
    async with publishing(log, kafka, topic) as publisher:
        await log.record([fact("d1", str(n)) for n in range(5)])
        await drained(publisher)
    partition = log.partition_of("d1")
    owner = await asyncpg.connect(log.urls.owner)
    await send(kafka, topic, (await log.read(partition, 0, 2)))
    for forget in ("delete from log.mark", "update log.mark set sequence = 2", "select"):
        await owner.execute(forget)
        late = Publisher(log, kafka, topic)
        await late.open()
        assert late.marks[partition][::2] == (5, 4) and late.marks[partition].next_offset == 7
        assert tuple(await owner.fetchrow("select sequence, kafka_offset from log.mark")) == (5, 4)
    await owner.close()
