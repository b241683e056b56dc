"""Prometheus metrics of one service: lag, ages, backlog, parked streams, rates; served at /metrics.

What is measured in the database is asked for when Prometheus scrapes, by `measure` functions bounded to two seconds in
all: a slow database makes a gauge old (`dealerlog_measured_age_seconds`) and never blocks the scrape.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Measure = Callable[["Metrics"], Awaitable[None]]
MEASURE_SECONDS = 2.0
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
log = structlog.get_logger("metrics")


class Metrics:
    """The figures of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.requests = Histogram(
            "dealerlog_request_seconds", "Requests by route", ["method", "route", "status"], buckets=BUCKETS, registry=r
        )
        self.refused = Counter("dealerlog_refused_total", "Answers that were problems", ["code"], registry=r)
        self.appended = Counter("dealerlog_appended_events_total", "Events accepted by the log", registry=r)
        self.published = Counter("dealerlog_published_events_total", "Events acknowledged by Kafka", registry=r)
        self.applied = Counter("dealerlog_applied_events_total", "Events applied to projections", registry=r)
        self.reacted = Counter("dealerlog_reactions_total", "Causes that a reaction answered", ["reaction"], registry=r)
        self.late = Counter(
            "dealerlog_late_events_total",
            "Events read and passed over: sent under a lineage that had ended",
            ["reader"],
            registry=r,
        )
        self.lag_events = Gauge(
            "dealerlog_lag_events", "Events not yet applied", ["reader", "source", "partition"], registry=r
        )
        self.lag_seconds = Gauge(
            "dealerlog_lag_seconds", "Age of the oldest event not yet applied", ["reader", "source"], registry=r
        )
        self.backlog_events = Gauge("dealerlog_backlog_events", "Events accepted and not yet published", registry=r)
        self.backlog_seconds = Gauge(
            "dealerlog_backlog_seconds", "Age of the oldest event not yet published", registry=r
        )
        self.log_events = Gauge("dealerlog_log_events", "Events in the log", registry=r)
        self.parked_streams = Gauge("dealerlog_parked_streams", "Streams that wait for the operator", registry=r)
        self.parked_events = Gauge("dealerlog_parked_events", "Events held back by parked streams", registry=r)
        self.stopped = Gauge(
            "dealerlog_stopped_partitions", "Partitions stopped at a fork or a hole", ["reader", "source"], registry=r
        )
        self.publisher_stopped = Gauge("dealerlog_publisher_stopped", "1: log and topic do not agree", registry=r)
        self.measured_age = Gauge("dealerlog_measured_age_seconds", "Age of the measured gauges", registry=r)
        self._measures: list[Measure] = []
        self._measured_at = time.monotonic()

    def measure(self, function: Measure) -> None:
        """Ask this function for fresh gauges at every scrape."""
        self._measures.append(function)

    async def exposition(self) -> bytes:
        """The text that Prometheus reads."""
        try:
            async with asyncio.timeout(MEASURE_SECONDS):
                for function in self._measures:
                    await function(self)
            self._measured_at = time.monotonic()
        except Exception as error:  # a scrape must answer even when the database does not
            log.warning("gauges not measured", error=repr(error))
        self.measured_age.set(time.monotonic() - self._measured_at)
        return generate_latest(self.registry)
