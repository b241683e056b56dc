"""What a topic holds: its last record of each partition, one record at an offset, and all of it in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple
from uuid import UUID

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from eventlog.arrived import Record
from eventlog.topics import Options
from events import Placement, Undecodable
from events.placement import HEADER, unpack

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


class End(NamedTuple):
    """The end of a partition: the offset of the next record, that of the first one, and the last record if any."""

    next_offset: int
    first_offset: int
    last: Published | None


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


async def ends(kafka: Options, topic: str, partitions: int) -> dict[int, End]:
    """Where each partition ends, with its last record."""
    client = consumer(kafka)
    await client.start()
    try:
        places = [TopicPartition(topic, p) for p in range(partitions)]
        client.assign(places)
        next_offsets = await client.end_offsets(places)
        first_offsets = await client.beginning_offsets(places)
        found = {}
        for place in places:
            after, first = next_offsets[place], first_offsets[place]
            last = await _at(client, place, after - 1) if after > first else None
            found[place.partition] = End(after, first, last)
        return found
    finally:
        await client.stop()


class Standing(NamedTuple):
    """A partition when it was looked at: the offset of the next record, and the first record if any."""

    next_offset: int
    first: Published | None


class Reading:
    """A topic as it is now, from given offsets on."""

    def __init__(self, client: AIOKafkaConsumer, ends: Mapping[int, Standing], left: set[TopicPartition]) -> None:
        self._client, self.ends, self._left = client, ends, left

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
                if records := [published(each) for each in batch if each.offset < end]:
                    yield place.partition, records
                if await self._client.position(place) >= end:
                    self._left.discard(place)


@asynccontextmanager
async def reading(kafka: Options, topic: str, offsets: Mapping[int, int]) -> AsyncIterator[Reading]:
    """Read each partition from an offset, or from its first record if that is later."""
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
            ends[place.partition] = Standing(after, await _at(client, place, first) if first < after else None)
        for place, offset in places.items():
            start = max(offset, first_offsets[place])
            client.seek(place, start)
            if start < next_offsets[place]:
                left.add(place)
        yield Reading(client, ends, left)
    finally:
        await client.stop()


async def scan(kafka: Options, topic: str, partition: int) -> AsyncIterator[list[Published]]:
    """Every record of a partition from its first to the end it has now, in batches."""
    client = consumer(kafka)
    await client.start()
    try:
        place = TopicPartition(topic, partition)
        client.assign([place])
        after = (await client.end_offsets([place]))[place]
        await client.seek_to_beginning(place)
        while await client.position(place) < after:
            batch = await client.getmany(place, timeout_ms=1000, max_records=5000)
            if records := [published(r) for r in batch.get(place, ()) if r.offset < after]:
                yield records
    finally:
        await client.stop()


async def _at(client: AIOKafkaConsumer, place: TopicPartition, offset: int) -> Published:
    client.seek(place, offset)
    async with asyncio.timeout(FETCH_SECONDS):
        while True:
            batch = await client.getmany(place, timeout_ms=500, max_records=1)
            for record in batch.get(place, ()):
                if record.offset >= offset:
                    return published(record)
