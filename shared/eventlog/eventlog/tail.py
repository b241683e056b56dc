"""What a topic holds, in order: the events that count. Fences and what is late behind one are left out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from eventlog.arrived import Record
from eventlog.topics import Options
from events import Placement, Undecodable
from events.placement import HEADER, epoch_of, is_fence, unpack

FETCH_SECONDS = 15.0
REQUEST_MS = 10_000
"""A broker that does not answer is left in time for the next round: aiokafka's own 40 s would look like a stall."""


class Foreign(Exception):
    """A record of a topic that no publisher of ours wrote: an operator must find who did, and make the topic anew."""


class Published(NamedTuple):
    """One record of a topic."""

    placement: Placement
    id: UUID
    offset: int
    document: bytes


class _Id(msgspec.Struct):
    id: UUID


_decode_id = msgspec.json.Decoder(_Id).decode


def published(record: Record) -> Published:
    """A Kafka record as one of ours; raises `Foreign` for another's."""
    try:
        placement = unpack(dict(record.headers)[HEADER])
        found = Published(placement, _decode_id(record.value).id, record.offset, record.value)
    except (KeyError, TypeError, Undecodable, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise _foreign(record, repr(error)) from error
    if placement.partition != record.partition:
        raise _foreign(record, f"it is placed in partition {placement.partition}")
    return found


class History:
    """One partition read on from a record that counts, or from its first: `epoch`, the highest lineage seen so far, and
    `late`, what was sent under a lower one and stands behind it.
    """

    def __init__(self, epoch: int = 0) -> None:
        self.epoch = epoch
        self.late: list[Published] = []

    def of(self, records: Iterable[Record]) -> list[Published]:
        """The events that count among the next records; raises `Foreign`."""
        found = []
        for record in records:
            epoch = _epoch(record)
            if is_fence(record.headers):
                self.epoch = max(self.epoch, epoch)
                continue
            event = published(record)
            epoch = max(epoch, event.placement.lineage)
            if epoch < self.epoch:
                self.late.append(event)
            else:
                self.epoch = epoch
                found.append(event)
        return found


def _epoch(record: Record) -> int:
    try:
        return epoch_of(record.headers) or 0
    except Undecodable as error:
        raise _foreign(record, repr(error)) from error


def _foreign(record: Record, why: str) -> Foreign:
    return Foreign(
        f"{record.topic}[{record.partition}] holds no event at offset {record.offset} ({why[:120]}): another program "
        "wrote there; stop it, delete the topic, then run republish"
    )


def consumer(kafka: Options) -> AIOKafkaConsumer:
    """A bare client that reads only what is assigned and stores nothing."""
    return AIOKafkaConsumer(
        **kafka,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
        fetch_max_bytes=32 << 20,
        fetch_max_wait_ms=50,
        request_timeout_ms=REQUEST_MS,
    )


class Standing(NamedTuple):
    """A partition when it was looked at: the offset of the next record, and the first record if it is an event."""

    next_offset: int
    first: Published | None


class Reading:
    """A topic as it is now, from given offsets on; `histories`: what was seen of each partition so far."""

    def __init__(
        self, client: AIOKafkaConsumer, ends: Mapping[int, Standing], left: set[TopicPartition],
        histories: dict[int, History],
    ) -> None:  # fmt: skip
        self._client, self.ends, self._left, self.histories = client, ends, left, histories

    async def records(self) -> AsyncIterator[tuple[int, list[Published]]]:
        """Partition by partition as they come, each in order, up to the ends; TimeoutError if nothing comes."""
        heard = time.monotonic()
        while self._left:
            batches = await self._client.getmany(*self._left, timeout_ms=500, max_records=5000)
            if not batches and time.monotonic() - heard > FETCH_SECONDS:
                raise TimeoutError(f"nothing of {sorted(self._left)} came for {FETCH_SECONDS} s")
            for place, batch in batches.items():
                heard = time.monotonic()
                end = self.ends[place.partition].next_offset
                if records := self.histories[place.partition].of(each for each in batch if each.offset < end):
                    yield place.partition, records
                if await self._client.position(place) >= end:
                    self._left.discard(place)


@asynccontextmanager
async def reading(
    kafka: Options, topic: str, offsets: Mapping[int, int], histories: Mapping[int, History] | None = None
) -> AsyncIterator[Reading]:
    """Read each partition from an offset, or from its first record if that is later.

    `histories`: of what stands before these offsets; without them, an offset is that of an event that counts, or the
    first.
    """
    client = consumer(kafka)
    await client.start()
    try:
        places = {TopicPartition(topic, partition): offset for partition, offset in offsets.items()}
        client.assign(list(places))
        next_offsets = await client.end_offsets(list(places))
        first_offsets = await client.beginning_offsets(list(places))
        ends, left = {}, set()
        for place in places:
            after, first = next_offsets[place], first_offsets[place]
            ends[place.partition] = Standing(after, await _event_at(client, place, first) if first < after else None)
        for place, offset in places.items():
            start = max(offset, first_offsets[place])
            client.seek(place, start)
            if start < next_offsets[place]:
                left.add(place)
        known = histories or {}
        yield Reading(client, ends, left, {p: known.get(p) or History() for p in offsets})
    finally:
        await client.stop()


async def scan(kafka: Options, topic: str, partition: int) -> AsyncIterator[list[Published]]:
    """Every event of a partition from its first to the end it has now, in batches."""
    client, history = consumer(kafka), History()
    await client.start()
    try:
        place = TopicPartition(topic, partition)
        client.assign([place])
        after = (await client.end_offsets([place]))[place]
        await client.seek_to_beginning(place)
        while await client.position(place) < after:
            batch = await client.getmany(place, timeout_ms=1000, max_records=5000)
            if records := history.of(r for r in batch.get(place, ()) if r.offset < after):
                yield records
    finally:
        await client.stop()


async def _event_at(client: AIOKafkaConsumer, place: TopicPartition, offset: int) -> Published | None:
    """The record at an offset, or the next one if it was deleted; None for a fence."""
    client.seek(place, offset)
    async with asyncio.timeout(FETCH_SECONDS):
        while True:
            batch = await client.getmany(place, timeout_ms=500, max_records=1)
            for record in batch.get(place, ()):
                if record.offset >= offset:
                    return None if is_fence(record.headers) else published(record)
