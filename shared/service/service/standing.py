"""One answer to "how does this service stand": log, publisher, generations, readers, lag, what stopped or parked."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventlog import parking
from eventlog.connection import Connection
from service.context import Read
from service.figures import Figures, name_of
from service.problems import Problem
from service.routing import Router
from service.runtime import Runtime

LAG_SECONDS = 2.0
router = Router("operations", prefix="/ops")

LINEAGE = "select lineage, opened from log.lineage"
PARTITIONS = """
select p as partition, l.last, coalesce(m.sequence, 0) as published, m.kafka_offset, m.published_at
from generate_series(0, $1::integer - 1) as p
cross join lateral (select coalesce((select max(sequence) from log.event e where e.partition = p), 0) as last) l
left join log.mark m on m.partition = p order by p
"""
GENERATIONS = """
select b.generation, b.state, b.built_at, b.generation = g.current as serves
from projection.built b cross join projection.generation g order by b.generation
"""
READERS = """
select reader, source, sum(sequence)::bigint as events, json_object_agg(partition, sequence)::text as sequences,
       max(recorded_at) as recorded_at, max(moved_at) as moved_at
from projection.position group by reader, source order by reader, source
"""


class ParkedView(BaseModel):
    """A stream that waits for the operator, and the sequence that could not be applied."""

    reader: str
    source: str
    stream: str
    partition: int
    reason: str
    parked_at: datetime
    events: int
    first: int


class PartitionView(BaseModel):
    """One partition of the log: its last sequence, and the publisher's mark (what Kafka has acknowledged)."""

    partition: int
    last: int
    published: int
    kafka_offset: int | None = Field(description="offset of the last acknowledged event")
    published_at: datetime | None


class LogView(BaseModel):
    """The log: events accepted and acknowledged, its lineage, and why its publisher stopped, if it runs here."""

    lineage: int
    opened: bool = Field(description="false: nothing is accepted until the publisher has compared log and topic")
    events: int
    published: int
    partitions: list[PartitionView]
    publisher_stopped: str | None


class GenerationView(BaseModel):
    """One generation of the tables: filling, live or refused; requests read the one that serves."""

    generation: int
    state: str
    serves: bool
    built_at: datetime


class ReaderView(BaseModel):
    """How far a reader has come in one log: `g<generation>` the tables, `reaction:<name>` a reaction."""

    reader: str
    source: str
    events: int
    sequences: dict[int, int] = Field(description="by partition")
    recorded_at: datetime | None = Field(description="when its latest event was recorded by its owner")
    moved_at: datetime


class LagView(BaseModel):
    """What this process's subscription lacks of the partitions that it holds."""

    reader: str = Field(description="`tables`, or a reaction's name")
    source: str
    partitions: int
    lag_events: int
    lag_seconds: float | None = Field(description="age of the oldest event not yet applied; null: Kafka did not say")


class StoppedView(BaseModel):
    """A partition of which nothing is applied, and why, with what to do."""

    reader: str
    source: str
    partition: int
    reason: str


class StandingView(BaseModel):
    """Everything an operator asks first."""

    service: str
    roles: list[str]
    log: LogView
    generations: list[GenerationView]
    readers: list[ReaderView]
    lag: list[LagView] | None = Field(description="null: this process follows no log, or Kafka did not answer in time")
    stopped: list[StoppedView]
    parked: list[ParkedView]
    notices: dict[str, str]


@router.get("/standing", permission="ops.read", answers=StandingView)
async def standing(read: Read) -> StandingView:
    """Log and publisher's marks, generations, positions, lag, stopped partitions and parked streams, in one place."""
    runtime = read.runtime
    if runtime.pool is None:
        raise Problem("temporarily-unavailable", "The database is not connected.")
    async with runtime.pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
        log = await _log(conn, runtime)
        generations = [GenerationView(**dict(row)) for row in await conn.fetch(GENERATIONS)]
        readers = [_reader(row) for row in await conn.fetch(READERS)]
        parked = [ParkedView(**stream._asdict()) for stream in await parking.parked_streams(conn)]
    return StandingView(
        service=runtime.name, roles=sorted(runtime.settings.active_roles), log=log, generations=generations,
        readers=readers, lag=await _lag(runtime.figures), stopped=_stopped(runtime), parked=parked,
        notices=runtime.health.noticed(),
    )  # fmt: skip


async def _log(conn: Connection, runtime: Runtime) -> LogView:
    row = await conn.fetchrow(LINEAGE)
    assert row is not None
    partitions = [PartitionView(**dict(each)) for each in await conn.fetch(PARTITIONS, runtime.settings.partitions)]
    publisher = runtime.figures and runtime.figures.publisher
    return LogView(
        **dict(row), partitions=partitions, events=sum(each.last for each in partitions),
        published=sum(each.published for each in partitions), publisher_stopped=publisher and publisher.stopped,
    )  # fmt: skip


def _reader(row: Any) -> ReaderView:
    return ReaderView(**(dict(row) | {"sequences": json.loads(row["sequences"])}))


async def _lag(figures: Figures | None) -> list[LagView] | None:
    if figures is None or not figures.consuming:
        return None
    try:
        async with asyncio.timeout(LAG_SECONDS):
            behind = await figures.behind()
    except Exception:  # Kafka's trouble shows in readiness; what the database says is answered all the same
        return None
    return [
        LagView(
            reader=each.reader, source=each.source, partitions=len(each.events), lag_events=sum(each.events.values()),
            lag_seconds=each.seconds,
        )
        for each in behind
    ]  # fmt: skip


def _stopped(runtime: Runtime) -> list[StoppedView]:
    readers = [*runtime.reactors, *([runtime.projector] if runtime.projector else [])]
    return [
        StoppedView(reader=name_of(reader), source=source, partition=partition, reason=why)
        for reader in readers
        for (source, partition), why in sorted(reader.stopped.items())
    ]
