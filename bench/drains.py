"""Yardsticks of consuming: what the bare client needs for the same records."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

BARE: dict[str, Any] = {
    "enable_auto_commit": False,
    "max_partition_fetch_bytes": 4 << 20,
    "fetch_max_bytes": 50 << 20,
}


async def drain(kafka: Mapping[str, Any], topics: Iterable[str], partitions: int, events: int) -> float:
    """Records a second of a plain aiokafka consumer that looks at none of them."""
    consumer = AIOKafkaConsumer(**kafka, **BARE)
    await consumer.start()
    try:
        parts = [TopicPartition(topic, partition) for topic in topics for partition in range(partitions)]
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        seen, started = 0, time.perf_counter()
        while seen < events:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                seen += len(records)
        return seen / (time.perf_counter() - started)
    finally:
        await consumer.stop()
