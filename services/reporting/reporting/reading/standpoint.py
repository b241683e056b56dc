"""*As of* and *known at*: the day a report speaks of, and the cut up to which facts count (architecture.md 4).

Only a log's owner can say what its cut at a moment is, once and for all: so each of the three is asked, and what is
shown is exactly that, whatever has arrived here since. Every answer carries the cut, which asks nobody again.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from eventlog.cut_form import NoCut, read_cut, token_of
from eventlog.position import Cut, bounds, cut_to_json
from eventlog.position import within as within_cut
from events.catalogue import OWNERS
from reporting.i18n import N_
from reporting.reading.wrong import Wrong
from service.context import ReadContext
from service.moments import cut_at
from service.problems import Problem
from service.runtime import Runtime

SOURCES = ("customer-registry", "credit-rating", "tiering")
POLL_SECONDS = 0.02
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)

POSITIONS = """
select p.source, p.partition, p.sequence
from projection.position p join projection.generation g on p.reader = g.schema
"""
PARKED = """
select k.source, k.partition, k.stream, min(k.sequence) as sequence
from projection.parked k join projection.generation g on k.reader = g.schema group by 1, 2, 3 order by 1, 3
"""

AT = "with at as (select $1::bigint[] as registry, $2::bigint[] as credit, $3::bigint[] as tiering, $4::date as as_of)"
"""How every query of this service begins; `Standpoint.parameters` fills it."""


def within(table: str, log: str) -> str:
    """The condition of the rows of `table` that a cut includes; `log` is registry, credit or tiering."""
    return f"{table}.sequence <= coalesce(((select {log} from at))[{table}.partition + 1], 0)"


@dataclass(frozen=True)
class Standpoint:
    """From where a report is looked at: `as_of` inclusive, `cut` as {service: {partition: last sequence}}."""

    as_of: date
    cut: Cut
    pinned: bool = False

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The first four parameters of every query."""
        return (*(bounds(self.cut, source) for source in SOURCES), self.as_of)

    @cached_property
    def token(self) -> str:
        """The cut as one word for links."""
        return token_of(self.cut)

    @cached_property
    def short(self) -> str:
        """Eight characters that tell two cuts apart on paper."""
        return sha256(self.token.encode()).hexdigest()[:8]

    @property
    def events(self) -> dict[str, int]:
        """How many events of each log the cut includes."""
        return {source: sum(self.cut.get(source, {}).values()) for source in SOURCES}


async def standpoint(read: ReadContext, *, as_of: str | None, known_at: str | None) -> Standpoint:
    """The standpoint that a request means: by default today, known now."""
    day = read_day(as_of, "as_of") or read.today
    if not known_at:
        return Standpoint(day, await shown(read.runtime))
    cut = _cut_of(read.runtime, known_at)
    if cut is not None:
        return Standpoint(day, await _seen(read.runtime, cut), pinned=True)
    return Standpoint(day, await _at_moment(read.runtime, known_at), pinned=True)


def read_day(said: str | None, name: str) -> date | None:
    """A day such as 2026-03-31; None where nothing was said."""
    if not said:
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise Wrong(
            "invalid", N_("%(name)s is a day such as 2026-03-31, not %(said)s."), name=name, said=said
        ) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise Wrong(
            "invalid", N_("%(name)s lies between %(first)s and %(last)s."), name=name, first=FIRST_DAY, last=LAST_DAY
        )
    return day


async def shown(runtime: Runtime) -> Cut:
    """How far each log is shown now."""
    found: dict[str, dict[int, int]] = {}
    for row in await runtime.pool.fetch(POSITIONS):
        found.setdefault(row["source"], {})[row["partition"]] = row["sequence"]
    return found


def _cut_of(runtime: Runtime, said: str) -> Cut | None:
    partitions = runtime.settings.partitions
    try:
        return read_cut(said, OWNERS, partitions)
    except NoCut as error:
        raise Wrong(
            "invalid",
            N_("Known at is no cut: one looks like %(form)s, with partitions from 0 to %(last)s."),
            members={"why": str(error)},
            form='{"credit-rating": {"0": 17}}',
            last=partitions - 1,
        ) from error


async def _seen(runtime: Runtime, cut: Cut) -> Cut:
    """The cut, once everything it includes is here; 504 with the lag if that takes too long."""
    deadline = time.monotonic() + runtime.settings.wait_seconds
    while lag := _lag(cut, await shown(runtime)):
        if time.monotonic() >= deadline:
            members = {"lag_events": lag}
            message = N_("The reports are %(lag)s events behind that cut.")
            raise Wrong("not-yet-visible", message, members=members, lag=lag)
        await asyncio.sleep(POLL_SECONDS)
    return cut


def _lag(cut: Cut, now: Cut) -> int:
    return sum(
        max(0, sequence - now.get(source, {}).get(partition, 0))
        for source, partitions in cut.items()
        if source in SOURCES
        for partition, sequence in partitions.items()
    )


async def _at_moment(runtime: Runtime, said: str) -> Cut:
    """What the three logs had recorded at a moment, as their owners say, once all of it is here."""
    cut = await _owners_cut(runtime, _moment(runtime, said))
    await _seen(runtime, cut)
    rows = await runtime.pool.fetch(PARKED)
    parked = [row for row in rows if within_cut(cut, row["source"], row["partition"], row["sequence"])]
    if parked:  # a replay would change what is shown of that moment
        members = {"streams": [f"{row['source']}:{row['stream']}" for row in parked], "cut": cut_to_json(cut)}
        raise Wrong(
            "stream-parked",
            N_("%(streams)s streams of that moment wait for the operator: repeat after the replay, or give the cut."),
            members=members,
            streams=len(parked),
        )
    return cut


async def _owners_cut(runtime: Runtime, moment: datetime) -> Cut:
    try:
        return await cut_at(runtime, SOURCES, moment)
    except Problem as problem:
        match problem.code:
            case "invalid":
                raise Wrong("invalid", N_("Known at must lie in the past: leave it empty for now.")) from problem
            case "owner-away":
                service = problem.extras["service"]
                raise Wrong(
                    "owner-away",
                    N_("%(service)s does not say what it had recorded then: repeat in a moment, or give a cut."),
                    members={"service": service, "why": problem.detail},
                    service=service,
                ) from problem
            case _:
                raise


def _moment(runtime: Runtime, said: str) -> datetime:
    try:
        moment = datetime.fromisoformat(said.strip().replace(" ", "T" if said[10:11] == " " else "+"))
    except ValueError:
        raise Wrong("invalid", N_("Known at is a moment such as 2026-03-31T18:00, or a cut.")) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=runtime.settings.zone)
