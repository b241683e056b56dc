"""Fences: what a publisher of an older lineage still sends lands behind one, and every reader passes it over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer

from eventlog.topics import Options
from events.placement import EPOCH, pack_epoch


async def fence(kafka: Options, topic: str, partitions: Iterable[int], lineage: int) -> None:
    """Put a fence of this lineage at the end of each partition; returns once Kafka has acknowledged all of them."""
    producer = AIOKafkaProducer(**kafka, acks="all", enable_idempotence=True, request_timeout_ms=15_000)
    await producer.start()
    try:
        headers = [(EPOCH, pack_epoch(lineage))]
        await asyncio.gather(*(producer.send_and_wait(topic, b"", partition=p, headers=headers) for p in partitions))
    finally:
        await producer.stop()
