"""Ways of sending: a batch made by hand a partition, or a `send` an event, which aiokafka gathers itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from eventlog.meta import Fact
from eventlog.topics import LARGEST_BATCH
from events.placement import key_of, partition_of

Message = tuple[int, bytes, bytes]
Way = Callable[[AIOKafkaProducer, str, Sequence[Message]], Awaitable[None]]


def messages(given: Sequence[Fact], partitions: int) -> list[Message]:
    """Partition, key and document of each."""
    keys = [key_of(each.stream) for each in given]
    return [(partition_of(key, partitions), key.encode(), each.document) for key, each in zip(keys, given, strict=True)]


async def sent(kafka: Mapping[str, Any], topic: str, given: Sequence[Message], way: Way, batch: int) -> float:
    """Events a second until Kafka has acknowledged the last; batches of at most `batch` bytes."""
    producer = AIOKafkaProducer(**kafka, acks="all", enable_idempotence=True, compression_type="zstd", linger_ms=5,
                                max_batch_size=batch, max_request_size=LARGEST_BATCH + (64 << 10))  # fmt: skip
    await producer.start()
    try:
        started = time.perf_counter()
        await way(producer, topic, given)
        return len(given) / (time.perf_counter() - started)
    finally:
        await producer.stop()


async def one_by_one(producer: AIOKafkaProducer, topic: str, given: Sequence[Message]) -> None:
    """A `send` an event."""
    for partition, key, value in given:
        await producer.send(topic, value, key=key, partition=partition)
    await producer.flush()


async def by_batches(producer: AIOKafkaProducer, topic: str, given: Sequence[Message]) -> None:
    """A batch a partition, sent when it is full."""
    batches: dict[int, Any] = {}
    acknowledged = []
    for partition, key, value in given:
        batch = batches.get(partition)
        if batch is None or batch.append(key=key, value=value, timestamp=None) is None:
            if batch is not None:
                acknowledged.append(await producer.send_batch(batch, topic, partition=partition))
            batches[partition] = producer.create_batch()
            batches[partition].append(key=key, value=value, timestamp=None)
    acknowledged += [await producer.send_batch(batch, topic, partition=each) for each, batch in batches.items()]
    await asyncio.gather(*acknowledged)
