"""The gauges of a running service, measured when Prometheus scrapes: backlog, lag, ages, parked streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from prometheus_client import Counter

from eventlog.consume import Consuming
from eventlog.positions import Place
from service.kafka import Kafka
from service.metrics import Metrics
from service.runtime import Runtime

PARKED = """
select (select count(*) from projection.parked_stream) as streams, (select count(*) from projection.parked) as events
"""
BACKLOG = """
select coalesce(sum(last - marked), 0) as events,
       coalesce(extract(epoch from clock_timestamp() - min(since)), 0) as seconds,
       coalesce(sum(last), 0) as log
from generate_series(0, $1::integer - 1) as p
cross join lateral (select coalesce((select sequence from log.mark m where m.partition = p), 0) as marked) m
cross join lateral (select coalesce((select max(sequence) from log.event e where e.partition = p), 0) as last) l
left join lateral (
    select recorded_at as since from log.event e where e.partition = p and e.sequence = marked + 1
) s on true
"""


class Behind(NamedTuple):
    """How far one reader is behind in one source: events by partition, and the age of the oldest (None: not known)."""

    reader: str
    source: str
    events: Mapping[int, int]
    seconds: float | None


class Figures:
    """Reads what the loops and the database know; counters take only what was added since the last scrape.

    `consuming`: reader (`tables`, or a reaction's name) → its subscription in this process.
    """

    def __init__(self, runtime: Runtime, kafka: Kafka) -> None:
        self.runtime, self.kafka = runtime, kafka
        self.publisher: Any = None
        self.consuming: dict[str, Consuming] = {}
        self._counted: dict[Counter, int] = {}

    async def measure(self, metrics: Metrics) -> None:
        """Set every gauge."""
        self._count(metrics)
        async with self.runtime.pool.acquire() as connection:
            backlog = await connection.fetchrow(BACKLOG, self.runtime.settings.partitions)
            parked = await connection.fetchrow(PARKED)
        metrics.backlog_events.set(int(backlog["events"]))
        metrics.backlog_seconds.set(float(backlog["seconds"]))
        metrics.log_events.set(int(backlog["log"]))
        metrics.parked_streams.set(parked["streams"])
        metrics.parked_events.set(parked["events"])
        metrics.lag_events.clear()
        for name, lag in self._lags().items():
            for (source, partition), events in lag.items():
                metrics.lag_events.labels(name, source, partition).set(events)
        for each in await self.behind():
            if each.seconds is not None:
                metrics.lag_seconds.labels(each.reader, each.source).set(each.seconds)

    async def behind(self) -> list[Behind]:
        """The lag of every subscription of this process; another process tells that of its own partitions."""
        lags = self._lags()
        ages = await self.kafka.ages(self._oldest(lags))
        return [
            _behind(name, source, lag, {partition: age for (of, partition), age in ages.items() if of == topic})
            for name, lag in lags.items()
            for topic, source in self.consuming[name].reader.topics.items()
        ]

    def _lags(self) -> dict[str, dict[Place, int]]:
        return {name: consuming.lag() for name, consuming in self.consuming.items()}

    def _oldest(self, lags: Mapping[str, Mapping[Place, int]]) -> dict[tuple[str, int], int]:
        """(topic, partition) → the offset behind the slowest reader of it."""
        offsets: dict[tuple[str, int], int] = {}
        for name, lag in lags.items():
            reader = self.consuming[name].reader
            topics = {source: topic for topic, source in reader.topics.items()}
            for (source, partition), events in lag.items():
                if events:
                    offset = reader.seen((source, partition)) + 1
                    place = (topics[source], partition)
                    offsets[place] = min(offset, offsets.get(place, offset))
        return offsets

    def _count(self, metrics: Metrics) -> None:
        projector = self.runtime.projector
        self._grow(metrics.applied, projector.applied)
        for reactor in self.runtime.reactors:
            self._grow(metrics.reacted.labels(reactor.reaction.name), reactor.answered)
        if self.publisher is not None:
            self._grow(metrics.published, self.publisher.published)
            metrics.publisher_stopped.set(self.publisher.stopped is not None)
        for reader in (projector, *self.runtime.reactors):
            self._grow(metrics.late.labels(name_of(reader)), reader.late)
            stopped = [source for source, _ in reader.stopped]
            for source in reader.topics.values():
                metrics.stopped.labels(name_of(reader), source).set(stopped.count(source))

    def _grow(self, counter: Counter, total: int) -> None:
        counter.inc(total - self._counted.get(counter, 0))
        self._counted[counter] = total


def _behind(reader: str, source: str, lag: Mapping[Place, int], ages: Mapping[int, float]) -> Behind:
    """One reader's lag in one source; its age is unknown where Kafka did not say it in time."""
    events = {partition: count for (of, partition), count in lag.items() if of == source}
    late = [partition for partition, count in events.items() if count]
    known = [ages[partition] for partition in late if partition in ages]
    return Behind(reader, source, events, max(known) if known else None if late else 0.0)


def name_of(reader: Any) -> str:
    """How a reader is called in figures: `tables`, or the reaction's name."""
    reaction = getattr(reader, "reaction", None)
    return "tables" if reaction is None else str(reaction.name)
