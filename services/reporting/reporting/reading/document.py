"""The document of one event as it is in the log: read from its topic by position, else told from our own facts."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from eventlog.reached import Reached
from eventlog.tail import Foreign, History
from eventlog.topics import topic_of
from events.placement import Placement
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
        'invoice', l.invoice, 'direction', nullif(l.direction, 'sell_in'),
        'ship_to_territory', l.ship_to_territory)::text, l.recorded_at, l.event
from sale_line l where l.source = $1 and l.partition = $2 and l.sequence = $3
limit 1
"""
LINEAGES = """
select p.sequence, p.lineages from projection.position p join projection.generation g on p.reader = g.schema
where p.source = $1 and p.partition = $2
"""


@dataclass(frozen=True)
class Document:
    """The bytes of an event and where the log put it."""

    content: bytes
    placement: Placement


async def told(conn: Any, service: str, partition: int, sequence: int) -> Any:
    """What our facts know of an event, if it is about a dealer that the caller sees."""
    return await conn.fetchrow(OWNED, service, partition, sequence)


async def lineage_at(conn: Any, service: str, partition: int, sequence: int) -> int | None:
    """The lineage of the event that we have seen at a position, None if we have not come so far."""
    row = await conn.fetchrow(LINEAGES, service, partition)
    if row is None or row["sequence"] < sequence:
        return None
    return Reached(row["sequence"], lineages=tuple(map(tuple, json.loads(row["lineages"])))).lineage_of(sequence)


async def document_at(
    runtime: Runtime, service: str, partition: int, sequence: int, lineage: int | None
) -> Document | None:
    """The event at a position; None where the topic cannot be reached in time or does not hold it."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await _read(runtime.settings, service, partition, sequence, lineage)
    except (Foreign, KafkaError, OSError, TimeoutError):
        return None


async def _read(
    settings: Settings, service: str, partition: int, sequence: int, lineage: int | None
) -> Document | None:
    """A record's offset is at least its sequence − 1: the log is dense, and only repeats, fences and late ones lie
    between.

    What is late is told by its lineage: the fence that it came behind may stand before the offset that is read first.
    """
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
        history = History()
        while await consumer.position(place) < end:
            for event in history.of([await consumer.getone(place)]):
                at = event.placement
                if lineage is not None and at.lineage != lineage:
                    continue
                if at.sequence >= sequence:
                    return Document(event.document, at) if at.sequence == sequence else None
        return None
    finally:
        await consumer.stop()
