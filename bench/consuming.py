"""FastStream subscribers that are compared: how a broker is run over a topic that is full, and what it reached."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import uuid4

from faststream import AckPolicy
from faststream.kafka import KafkaBroker

from bench.stack import Bench
from eventlog.arrived import Record
from eventlog.consume import BATCH, POLL_MS, Applies, Consuming
from eventlog.positions import Place
from eventlog.reached import Reached
from service.kafka import security_of
from service.testing import settings_of

PATIENCE = 120


class Meter:
    """Counts what is done up to `upto`; its rate leaves out the first batch, and with it joining the group."""

    def __init__(self, upto: int) -> None:
        self.upto, self.done, self.first = upto, 0, 0
        self.begun = self.ended = 0.0
        self.reached = asyncio.Event()

    def count(self, events: int) -> None:
        """So many more are done."""
        self.done += events
        if not self.begun:
            self.begun, self.first = time.perf_counter(), events
        if self.done >= self.upto and not self.ended:
            self.ended = time.perf_counter()
            self.reached.set()

    @property
    def rate(self) -> float:
        """Events a second."""
        return (self.done - self.first) / (self.ended - self.begun)


class Counting:
    """What `eventlog.consume.Consuming` feeds, applying nothing."""

    def __init__(self, bench: Bench, topic: str, meter: Meter) -> None:
        self.service = bench.member.name
        self.topics: Mapping[str, str] = {topic: bench.member.name}
        self.failing: str | None = None
        self.turned_at = 0.0
        self.stopped: Mapping[Place, str] = {}
        self.reached: Mapping[Place, Reached] = {}
        self._meter = meter

    async def assigned(self, places: Iterable[Place]) -> dict[Place, int]:
        """From the first."""
        return dict.fromkeys(places, -1)

    async def apply(self, records: Sequence[Record]) -> dict[tuple[str, int], int]:
        """Count."""
        self._meter.count(len(records))
        return {}

    async def idle(self) -> None:
        """Nothing is ever under way."""


def raw(bench: Bench, topic: str, broker: KafkaBroker, meter: Meter, group: str) -> None:
    """As services consume: raw records, parsing and decoding replaced."""
    Consuming(broker, cast(Applies, Counting(bench, topic, meter)), group=group)


def batches(topic: str, broker: KafkaBroker, meter: Meter, group: str) -> None:
    """FastStream's own batches, as large as ours."""

    @broker.subscriber(
        topic, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.NACK_ON_ERROR, batch=True,
        batch_timeout_ms=POLL_MS, max_records=BATCH, max_partition_fetch_bytes=4 << 20,
    )  # fmt: skip
    async def handle(documents: list[Any]) -> None:
        meter.count(len(documents))


def single(topic: str, ack: AckPolicy, broker: KafkaBroker, meter: Meter, group: str) -> None:
    """A message at a time."""

    @broker.subscriber(topic, group_id=group, auto_offset_reset="earliest", ack_policy=ack)
    async def handle(document: Any) -> None:
        meter.count(1)


async def consumed(bench: Bench, upto: int, subscribe: Callable[[KafkaBroker, Meter, str], Any]) -> float:
    """Events a second of what `subscribe(broker, meter, group)` sets up, as a service would run it."""
    kafka = {f"kafka_{key}": value for key, value in vars(bench.where.kafka).items() if key != "replication_factor"}
    security = security_of(settings_of(**kafka))
    broker = KafkaBroker(bench.where.kafka.bootstrap_servers, security=security, logger=None)
    meter = Meter(upto)
    subscribe(broker, meter, f"bench-{uuid4().hex}")
    await broker.start()
    try:
        async with asyncio.timeout(PATIENCE):
            await meter.reached.wait()
    finally:
        await broker.stop()
    return meter.rate
