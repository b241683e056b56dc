"""From the log to its topic: each partition in order, once, one batch in flight.

The topic is the truth and the mark a hint: what stands behind the mark is read and compared before anything is sent.
Every batch must land right behind the last one; if it does not, or fails, the producer is closed and the topic is read
on anew. Two publishers at once only waste work.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from asyncpg import InterfaceError

from eventlog import reading
from eventlog.agreement import Agreed, Diverged, Mark, agreed_marks
from eventlog.connection import Connection
from eventlog.fencing import fence
from eventlog.log import Log
from eventlog.topics import LARGEST_BATCH, Options
from events.placement import EPOCH, HEADER, key_of, pack, pack_epoch

ROWS = 1500
ROOM = LARGEST_BATCH - (48 << 10)
RECORD_OVERHEAD = 40
ACKNOWLEDGED_SECONDS = 60.0
"""A batch that Kafka has not acknowledged by then never will be: an idempotent producer tries for ever, and can wedge
after a failover (aio-libs/aiokafka#1017). Longer than the live probe's 30 s, for what restarts a process is quicker."""
FLUSH_SECONDS = 5.0
LEASE = "select pg_try_advisory_lock(8, 0)"
RELEASE = "select pg_advisory_unlock(8, 0)"
MARK = """
insert into log.mark as known (partition, sequence, id, kafka_offset)
    select * from unnest($1::smallint[], $2::bigint[], $3::uuid[], $4::bigint[])
    on conflict (partition) do update set sequence = excluded.sequence, id = excluded.id,
        kafka_offset = excluded.kafka_offset, published_at = clock_timestamp()
    where known.sequence < excluded.sequence
"""
OPEN = "update log.lineage set opened = true, service = $1 where not opened and service in ('', $1)"

logger = structlog.get_logger(__name__)


class Moved(Exception):
    """A batch did not land right behind the last one: somebody else wrote, or the topic is another."""


class Publisher:
    """Publishes one log. For health and metrics: `turned_at`, `stopped`, `published`, `marks`."""

    def __init__(self, log: Log, kafka: Options, topic: str, *, poll_seconds: float = 0.02) -> None:
        self.log, self.kafka, self.topic, self._poll = log, kafka, topic, poll_seconds
        self.marks: dict[int, Mark] = {}
        self.lineage = 0
        self.published = 0
        self.stopped: str | None = None
        self.turned_at = time.monotonic()
        self._woken = asyncio.Event()
        log.on_append = self.wake

    def wake(self) -> None:
        """Something was appended in this process: do not wait for the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Publish until cancelled. A failure is waited out and the topic's end read anew; a divergence is told once."""
        pause = 0.1
        while True:
            try:
                async with self.log.pool.acquire() as connection:
                    if await connection.fetchval(LEASE):
                        try:
                            await self._hold(connection)
                        finally:
                            with suppress(InterfaceError):  # a lost connection was taken back, and a cancel must pass
                                if not connection.is_closed():
                                    await connection.execute(RELEASE)
                self.stopped = None
            except Diverged as error:
                if self.stopped != str(error):
                    logger.error("publisher stopped", reason=str(error), service=self.log.name)
                self.stopped = str(error)
            except (Moved, KafkaError, OSError, TimeoutError) as error:
                logger.warning("publisher starts anew", reason=repr(error), service=self.log.name)
            self.turned_at = time.monotonic()
            await asyncio.sleep(pause)
            pause = min(pause * 2, 2.0)

    async def open(self) -> None:
        """Compare the log with its topic and open it for writing; raises `Diverged` if they do not agree.

        A topic without a fence of the log's lineage, such as one that was made anew, gets one before it is compared.
        """
        agreed = await self._agreed()
        if agreed.unfenced:
            await fence(self.kafka, self.topic, agreed.unfenced, agreed.lineage)
            agreed = await self._agreed()
        if agreed.late:
            late = [f"{each.placement.partition}:{each.placement.sequence} {each.id}" for each in agreed.late]
            logger.warning("late events in the topic count for nobody", events=len(late), first=late[:10])
        self.marks, self.lineage = agreed.marks, agreed.lineage
        await self.log.pool.execute(OPEN, self.log.name)
        if (named := await self.log.pool.fetchval("select service from log.lineage")) != self.log.name:
            raise Diverged(f"this database holds the log of {named or 'nobody'}, not of {self.log.name}")
        # a batch may have been sent and its mark lost, and nothing may follow that would correct it
        await self._mark([p for p, mark in self.marks.items() if mark.sequence])

    async def _agreed(self) -> Agreed:
        return await agreed_marks(self.log.pool, self.kafka, self.topic, self.log.partitions)

    async def drained(self) -> bool:
        """Whether Kafka has acknowledged all that the log holds."""
        return (
            all(self.marks[p].sequence >= last for p, last in (await self.log.last()).items()) if self.marks else False
        )

    async def _hold(self, lease: Connection) -> None:
        await self.open()
        self.stopped = None
        producer = AIOKafkaProducer(
            **self.kafka,
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",
            max_batch_size=LARGEST_BATCH,
            max_request_size=LARGEST_BATCH + (64 << 10),
            request_timeout_ms=15_000,
        )
        try:
            await producer.start()
            while True:
                self._woken.clear()
                lasts = await self.log.last()
                self.turned_at = time.monotonic()
                behind = [p for p, last in lasts.items() if last > self.marks[p].sequence]
                if behind:
                    await self._round(producer, behind)
                else:
                    if lease.is_closed():
                        raise Moved("the lease's connection was lost")
                    await self._sleep()
        finally:
            await _stop(producer)

    async def _sleep(self) -> None:
        try:
            async with asyncio.timeout(self._poll):
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _round(self, producer: AIOKafkaProducer, partitions: list[int]) -> None:
        """One batch of each partition that is behind; marks move for those that Kafka acknowledged."""
        before = dict(self.marks)
        async with asyncio.timeout(ACKNOWLEDGED_SECONDS):
            outcomes = await asyncio.gather(*(self._send(producer, p) for p in partitions), return_exceptions=True)
        await self._mark([p for p in partitions if self.marks[p] != before[p]])
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def _mark(self, partitions: list[int]) -> None:
        """Write down what Kafka acknowledged of these partitions."""
        await self.log.pool.execute(
            MARK,
            partitions,
            [self.marks[p].sequence for p in partitions],
            [self.marks[p].id for p in partitions],
            [self.marks[p].offset for p in partitions],
        )

    async def _send(self, producer: AIOKafkaProducer, partition: int) -> None:
        mark = self.marks[partition]
        rows = await reading.slice_of(self.log.pool, partition, max(mark.sequence - 1, 0), ROWS)
        if mark.sequence:
            if not rows or rows[0].sequence != mark.sequence or rows[0].id != mark.id:
                raise Diverged(
                    f"{self.topic}[{partition}]: the log no longer holds {mark.id} at {mark.sequence}: adopt"
                )
            rows = rows[1:]
        if rows and rows[-1].lineage > self.lineage:
            raise Moved(f"{self.topic}[{partition}]: the log went on as lineage {rows[-1].lineage}")
        batch, last = producer.create_batch(), None
        for row in _whole_commands(rows):
            headers = [(HEADER, pack(row.placement))]
            if row.lineage < self.lineage:
                headers.append((EPOCH, pack_epoch(self.lineage)))
            moment = int(row.recorded_at.timestamp() * 1000)
            key = key_of(row.stream).encode()
            if batch.append(key=key, value=row.document, timestamp=moment, headers=headers) is None:
                raise Diverged(f"{self.topic}[{partition}]: sequence {row.sequence} does not fit into a batch")
            last = row
        if last is None:
            return
        metadata = await (await producer.send_batch(batch, self.topic, partition=partition))
        if metadata.offset != mark.next_offset:
            raise Moved(f"{self.topic}[{partition}]: landed at {metadata.offset}, not {mark.next_offset}")
        end = mark.next_offset + batch.record_count()
        self.marks[partition] = Mark(last.sequence, last.id, end - 1, end)
        self.published += batch.record_count()


async def _stop(producer: AIOKafkaProducer) -> None:
    """Stop a producer; one that cannot flush is cut off, else it would go on trying beside the next."""
    try:
        async with asyncio.timeout(FLUSH_SECONDS):
            await producer.stop()
    except TimeoutError:
        logger.warning("a producer that could not flush was cut off")
        await producer._sender.close()
        await producer.client.close()


def _whole_commands(rows: list[reading.LogRow]) -> list[reading.LogRow]:
    """As many rows as fit into one batch, never a part of a command."""
    size, whole = 0, 0
    for count, row in enumerate(rows, 1):
        size += len(row.document) + len(row.stream) * 2 + RECORD_OVERHEAD + 120
        if size > ROOM and whole:
            break
        if row.n == row.m:
            whole = count
    return rows[:whole]
