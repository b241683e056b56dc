"""A FastStream subscriber that hands raw batches to a projector or reactor; the database alone says what is done.

FastStream's own parsing is replaced whole: it decodes every header as UTF-8, which our binary placement is not, and
costs more than the fetch. Kafka's committed offsets are a hint: on assignment each partition is read from the stored
event on.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Protocol

import structlog
from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy, Context
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaMessage
from opentelemetry import trace

from eventlog.arrived import Record
from eventlog.committing import Batch
from eventlog.positions import Place
from eventlog.reached import Reached
from eventlog.tracing import links_of

POLL_MS = 15
"""How long a poll waits. FastStream sleeps as long again when it found nothing, so this bounds the latency."""
BATCH = 2_000
UNHEARD_SECONDS = 5.0

log = structlog.get_logger(__name__)
tracer = trace.get_tracer("eventlog")


class Applies(Protocol):
    """What consumes: a projector or a reactor."""

    service: str
    topics: Mapping[str, str]
    failing: str | None
    turned_at: float

    @property
    def stopped(self) -> Mapping[Place, str]:
        """Partitions of which nothing is applied, and why."""
        ...

    @property
    def reached(self) -> Mapping[Place, Reached]:
        """The position of each partition."""
        ...

    def seen(self, place: Place) -> int:
        """The offset up to which nothing of a partition is left to apply."""
        ...

    async def assigned(self, places: Iterable[Place]) -> dict[Place, int]:
        """Take partitions over; answers the offset of the stored event of each (-1: the first)."""
        ...

    async def apply(self, records: Sequence[Record]) -> dict[tuple[str, int], int]:
        """Apply a batch; answers where to seek to. Raises nothing that another attempt could mend."""
        ...

    async def emptied(self, place: Place, lost: int) -> None:
        """The topic held `lost` records behind the position and holds none: ask the owner for them."""
        ...

    async def idle(self) -> None:
        """Wait until no batch is being applied."""
        ...


class Consuming(ConsumerRebalanceListener):  # type: ignore[misc]
    """One subscription: keeps the consumer at the stored positions. For health: `lag`, `turned_at`, `assignment`."""

    def __init__(self, broker: KafkaBroker, reader: Applies, *, group: str) -> None:
        self.reader = reader
        self.turned_at = time.monotonic()
        self.assignment: set[TopicPartition] = set()
        self.applying = False
        self._looking: set[asyncio.Task[None]] = set()
        self._subscriber = broker.subscriber(
            *sorted(reader.topics),
            group_id=group,
            batch=True,
            ack_policy=AckPolicy.NACK_ON_ERROR,
            auto_offset_reset="earliest",
            batch_timeout_ms=POLL_MS,
            max_records=BATCH,
            max_partition_fetch_bytes=4 << 20,
            listener=self,
            parser=self._parse,
            decoder=_nothing,
            title=group,
        )
        self._subscriber(self._handle)

    @property
    def _consumer(self) -> Any:
        return self._subscriber.consumer

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the batch under way end, so that the next owner starts behind it."""
        await self.reader.idle()
        self.assignment.clear()
        for task in self._looking:
            task.cancel()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """Read each partition from the event at its stored position on, which must then come again."""
        self.assignment = set(assigned)
        places = {(self.reader.topics[each.topic], each.partition): each for each in assigned}
        offsets = await self.reader.assigned(places)
        for place, offset in offsets.items():
            self._consumer.seek(places[place], max(offset, 0))
        self.turned_at = time.monotonic()
        stored = {place: (places[place], offset) for place, offset in offsets.items()}
        looking = asyncio.create_task(self._look_for_emptied(stored))
        self._looking.add(looking)
        looking.add_done_callback(self._looking.discard)

    async def _look_for_emptied(self, places: Mapping[Place, tuple[TopicPartition, int]]) -> None:
        """Find what no record tells of: partitions emptied behind the position, or made anew and ending before it."""
        partitions = [partition for partition, _ in places.values()]
        try:
            first = await self._consumer.beginning_offsets(partitions)
            end = await self._consumer.end_offsets(partitions)
        except KafkaError as error:
            log.warning("cannot say whether topics were emptied: the next event or assignment will", why=str(error))
            return
        for place, (partition, offset) in places.items():
            lost = end[partition] - 1 - offset
            if lost < 0:  # where it ends exactly at the position nothing is out of range and nothing comes
                self._seek({(partition.topic, partition.partition): first[partition]})
            if lost > 0 and first[partition] == end[partition]:
                log.warning("a topic was emptied behind the position", place=place, lost=lost)
                await self.reader.emptied(place, lost)
        self._pause()

    @property
    def broken(self) -> bool:
        """Whether the client's own task that fetches has ended: nothing will come any more, and no lag will show it."""
        fetcher = getattr(self._consumer, "_fetcher", None)
        return fetcher is not None and fetcher.error_future.done()

    @property
    def unheard(self) -> bool:
        """Whether Kafka has answered no fetch of any partition for some seconds."""
        consumer = self._consumer
        heard = [consumer.last_poll_timestamp(each) or 0 for each in self.assignment] if consumer else []
        return bool(heard) and time.time() - max(heard) / 1000 > UNHEARD_SECONDS

    def lag(self) -> dict[Place, int]:
        """Events of each assigned partition that Kafka holds and the tables do not show yet."""
        consumer, found = self._consumer, {}
        for each in self.assignment if consumer else ():
            place = (self.reader.topics[each.topic], each.partition)
            if (end := consumer.highwater(each)) is not None:
                found[place] = max(0, end - 1 - self.reader.seen(place))
        return found

    async def _parse(self, records: tuple[Any, ...]) -> KafkaMessage:
        return Batch(
            body=None,
            raw_message=records,
            headers={},
            batch_headers=[],
            message_id=f"{records[0].offset}-{records[-1].offset}",
            correlation_id=None,
            consumer=self._consumer,
        )

    async def _handle(self, message: Annotated[KafkaMessage, Context("message")]) -> None:
        records: Any = message.raw_message
        with tracer.start_as_current_span(
            "consume batch",
            kind=trace.SpanKind.CONSUMER,
            links=links_of(records),
            attributes={"messaging.system": "kafka", "messaging.batch.message_count": len(records)},
        ):
            self.applying = True
            try:
                seeks = await self.reader.apply(records)
            finally:
                self.applying = False
        self._seek(seeks)
        self._pause()
        self.turned_at = time.monotonic()

    def _seek(self, seeks: Mapping[tuple[str, int], int]) -> None:
        for (topic, partition), offset in seeks.items():
            try:
                self._consumer.seek(TopicPartition(topic, partition), max(offset, 0))
            except IllegalStateError:
                log.info("a partition was revoked before it could be read again", topic=topic, partition=partition)

    def _pause(self) -> None:
        """Fetch nothing more of partitions that stopped, until they are assigned anew."""
        stopped = {each for each in self.assignment if self._place(each) in self.reader.stopped}
        if fresh := stopped - self._consumer.paused():
            self._consumer.pause(*fresh)

    def _place(self, partition: TopicPartition) -> Place:
        return self.reader.topics[partition.topic], partition.partition


async def _nothing(message: Any) -> None:
    """Decode nothing: the handler takes the raw records."""
