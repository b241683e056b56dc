"""The document of one event as it is in the log: read from its topic by position, else told from our own facts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from eventlog.topics import topic_of
from events.placement import HEADER, Placement, unpack
from service.kafka import kafka_options
from service.runtime import Runtime
from service.settings import Settings

READ_SECONDS = 5.0
OWNED = """
select t.dealer, t.type, t.dated, t.actor, t.data::text as data, t.recorded_at, t.event from timeline t
where t.source = $1 and t.partition = $2 and t.sequence = $3
union all
select l.dealer,
    case l.kind when 'sale' then 'SaleRecorded' when 'return' then 'SaleReturned' else 'SaleLineReversed' end,
    l.sold_on, '', json_build_object('product', l.product, 'quantity', l.quantity::text, 'amount', l.amount::text,
        'invoice', l.invoice)::text, l.recorded_at, l.event
from sale_line l where l.source = $1 and l.partition = $2 and l.sequence = $3
limit 1
"""


@dataclass(frozen=True)
class Document:
    """The bytes of an event and where the log put it."""

    content: bytes
    placement: Placement


async def told(conn: Any, service: str, partition: int, sequence: int) -> Any:
    """What our facts know of an event, if it is about a dealer that the caller sees."""
    return await conn.fetchrow(OWNED, service, partition, sequence)


async def document_at(runtime: Runtime, service: str, partition: int, sequence: int) -> Document | None:
    """The event at a position; None where the topic cannot be reached in time or does not hold it."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read(runtime.settings, service, partition, sequence)
    except (KafkaError, OSError, TimeoutError):
        return None


async def _read(settings: Settings, service: str, partition: int, sequence: int) -> Document | None:
    """A record's offset is at least its sequence − 1: the log is dense, and only a repeat can lie between."""
    place = TopicPartition(topic_of(service, settings.kafka_topic_prefix), partition)
    consumer = AIOKafkaConsumer(
        **kafka_options(settings), enable_auto_commit=False, auto_offset_reset="none", isolation_level="read_committed"
    )
    await consumer.start()
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        if sequence > end:
            return None
        consumer.seek(place, sequence - 1)
        while (record := await consumer.getone(place)).offset < end:
            placement = unpack(dict(record.headers)[HEADER])
            if placement.sequence >= sequence:
                return Document(record.value or b"", placement) if placement.sequence == sequence else None
        return None
    finally:
        await consumer.stop()
