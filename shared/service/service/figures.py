"""The gauges of a running service, measured when Prometheus scrapes: backlog, lag, ages, parked streams."""

from __future__ import annotations

from typing import Any

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


class Figures:
    """Reads what the loops and the database know; counters take only what was added since the last scrape."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.publisher: Any = None
        self.consuming: Any = None
        self._counted = {"published": 0, "applied": 0}

    async def measure(self, metrics: Metrics) -> None:
        """Set every gauge."""
        async with self.runtime.pool.acquire() as connection:
            backlog = await connection.fetchrow(BACKLOG, self.runtime.settings.partitions)
            parked = await connection.fetchrow(PARKED)
        metrics.backlog_events.set(int(backlog["events"]))
        metrics.backlog_seconds.set(float(backlog["seconds"]))
        metrics.log_events.set(int(backlog["log"]))
        metrics.parked_streams.set(parked["streams"])
        metrics.parked_events.set(parked["events"])
        self._count(metrics)
        for (source, partition), events in (self.consuming.lag() if self.consuming else {}).items():
            metrics.lag_events.labels(source, partition).set(events)

    def _count(self, metrics: Metrics) -> None:
        projector = self.runtime.projector
        if projector is not None:
            metrics.applied.inc(projector.applied - self._counted["applied"])
            self._counted["applied"] = projector.applied
            stopped = [source for source, _ in projector.stopped]
            for source in projector.plan.sources:
                metrics.forked.labels(source).set(stopped.count(source))
        if self.publisher is not None:
            metrics.published.inc(self.publisher.published - self._counted["published"])
            self._counted["published"] = self.publisher.published
