"""The log as a service holds it: what it accepts is counted, whoever wrote it (requests, bulk, imports, reactions)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from eventlog.connection import Pool
from eventlog.log import Log
from eventlog.meta import Fact, Meta, Verdict, Written
from events import Decider
from service.metrics import Metrics


class CountedLog(Log):
    """A log whose new events move `dealerlog_appended_events_total`; repeats and duplicates do not."""

    def __init__(self, name: str, pool: Pool, *, partitions: int, metrics: Metrics) -> None:
        super().__init__(name, pool, partitions=partitions)
        self._metrics = metrics

    async def handle(
        self,
        decider: Decider[Any, Any],
        key: str,
        command: Any,
        meta: Meta,
        expected: int | None = None,
        *,
        prepare: Callable[[Any], Awaitable[Any]] | None = None,
    ) -> Written:
        """Run one command, as `Log.handle`."""
        written = await super().handle(decider, key, command, meta, expected, prepare=prepare)
        self._metrics.appended.inc(0 if written.repeated else len(written.events))
        return written

    async def record(self, rows: Sequence[Fact]) -> list[Verdict]:
        """Write facts in bulk, as `Log.record`."""
        verdicts = await super().record(rows)
        self._metrics.appended.inc(sum(verdict.kind == "accepted" for verdict in verdicts))
        return verdicts
