"""Derive a class again from the log itself, up to the cut of its run, and compare byte for byte (architecture.md 4).

The run summed rows of the read model; this reads the sale lines' own events. Dealer codes come from the onboardings
within the cut as this service has them, for the registry's log is not ours to read; `rederive_log`, the auditor's way,
is given a log and onboardings that are made from the topics (`eventlog.from_topics`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

from eventlog.log import Log
from eventlog.position import Cut, cut_from_json
from events import decode
from events.ids import canonical
from events.readers import reader_for
from events.types.tiering import AbcClassAssigned, ClassificationRunCompleted, ClassificationRunStarted
from tiering.domain.abc import Ranking
from tiering.domain.classification_run import key
from tiering.domain.classify import Basis, classify, decisions
from tiering.domain.measures import Line, LineReversal
from tiering.domain.windows import Window
from tiering.facts_at_cut import codes_by_dealer
from tiering.projections.dealers import onboarding
from tiering.published_policies import policy_of
from tiering.running import excluded_of, reference
from tiering.snapshot import company_snapshot

TABLES = [onboarding]
"""The tables that a classification reads beside the log."""
RUNS = "select stream from log.event where stream like 'run-%/run' and version = 1"
CLASSES = """
select stream, document from log.event
where stream like '%/tier' and convert_from(document, 'UTF8')::json -> 'data' ->> 'run' = $1
order by stream, version
"""
SLICE = 5_000
READER = reader_for(
    {
        "SaleRecorded": ("amount", "sold_on", "direction"),
        "SaleReturned": ("amount", "sold_on", "direction"),
        "SaleLineReversed": ("line",),
    },
    source="tiering",
)


class Rederived(NamedTuple):
    """A decision as it was recorded and as it comes out again: canonical `data`, UTF-8."""

    recorded: bytes
    derived: bytes | None

    @property
    def same(self) -> bool:
        """Whether they are equal byte for byte."""
        return self.recorded == self.derived


class Outcome(NamedTuple):
    """A dealer's class of a run derived again, or (None) the run's end."""

    run: str
    dealer: str | None
    again: Rederived


async def rederive_log(log: Log, bring_to: Callable[[Cut], Awaitable[None]]) -> AsyncIterator[Outcome]:
    """Every class that the log holds, run by run, with the onboardings brought to exactly its cut; then its end."""
    runs = [row["stream"].removesuffix("/run").removeprefix("run-") for row in await log.pool.fetch(RUNS)]
    started = {run: await started_run(log, run) for run in runs}
    for run, start in sorted(started.items(), key=lambda each: (_size(each[1]), each[0])):
        await bring_to(cut_from_json(start.cut))
        ranking = await rerank(log, start)
        derived, recorded = _decisions(ranking, run, start), await recorded_classes(log, run)
        completed = decode((await log.read_stream(f"{key(run)}/run"))[-1].document).event
        complete = isinstance(completed, ClassificationRunCompleted)
        for dealer in sorted(recorded.keys() | (derived.keys() if complete else set())):
            yield Outcome(run, dealer, Rederived(recorded.get(dealer, b""), derived.get(dealer)))
        if complete:
            end = ClassificationRunCompleted(classified=ranking.population, digest=ranking.digest())
            yield Outcome(run, None, Rederived(canonical(completed), canonical(end)))


async def recorded_classes(log: Log, run: str) -> dict[str, bytes]:
    """Dealer → canonical data of its class in a run, as the log holds it."""
    rows = await log.pool.fetch(CLASSES, run)
    return {row["stream"].partition("/")[0]: canonical(decode(row["document"]).event) for row in rows}


def _size(start: ClassificationRunStarted) -> int:
    """Orders cuts so that one within another comes first."""
    return sum(sum(parts.values()) for parts in start.cut.values())


async def rederive_class(log: Log, partition: int, sequence: int) -> Rederived:
    """Derive the class again whose event stands at this place of our log."""
    (row,) = await log.read(partition, sequence - 1, 1)
    recorded = decode(row.document)
    assert isinstance(recorded.event, AbcClassAssigned)
    started = await started_run(log, recorded.event.run)
    derived = await rederive_run(log, recorded.event.run, started)
    return Rederived(canonical(recorded.event), derived.get(recorded.subject))


async def started_run(log: Log, run: str) -> ClassificationRunStarted:
    """What a run was started with."""
    event = decode((await log.read_stream(f"{key(run)}/run"))[0].document).event
    assert isinstance(event, ClassificationRunStarted)
    return event


async def rederive_run(log: Log, run: str, started: ClassificationRunStarted) -> dict[str, bytes]:
    """Every decision of a run derived again: dealer → canonical data."""
    return _decisions(await rerank(log, started), run, started)


def _decisions(ranking: Ranking, run: str, started: ClassificationRunStarted) -> dict[str, bytes]:
    basis = Basis(run, Window(started.window_from, started.window_to), started.policy, started.cut)
    return {each.dealer: each.data() for each in decisions(ranking, basis)}


async def rerank(log: Log, started: ClassificationRunStarted) -> Ranking:
    """The ranked list from the events within the cut."""
    cut = cut_from_json(started.cut)
    policy = await policy_of(log, **reference(started.policy))
    lines = await lines_within(log, cut)
    async with company_snapshot(log.pool) as conn:
        codes = await codes_by_dealer(conn, cut)
    return await asyncio.to_thread(
        classify,
        lines,
        codes,
        window=Window(started.window_from, started.window_to),
        measure=started.measure,  # type: ignore[arg-type]  # a run starts with one of the two
        cuts=policy.abc.cuts,
        without=excluded_of(started),
    )


async def lines_within(log: Log, cut: Cut) -> list[Line | LineReversal]:
    """Every sale line and reversal that the log holds within a cut."""
    found: list[Line | LineReversal] = []
    for partition, last in sorted(cut.get("tiering", {}).items()):
        after = 0
        while after < last:
            rows = [row for row in await log.read(partition, after, SLICE) if row.sequence <= last]
            found += [fact for row in rows if (fact := fact_of(row.document, row.id)) is not None]
            after = rows[-1].sequence if rows else last
    return found


def fact_of(document: bytes, identity: UUID) -> Line | LineReversal | None:
    """A sale line of ours or a reversal; None for another event, and for what a dealer sold on."""
    event: Any = READER.decode(document)
    match event and event.type:
        case "SaleRecorded" | "SaleReturned" as kind:
            data = event.data
            if data.direction == "sell_out":
                return None
            return Line(str(identity), event.subject, data.amount, data.sold_on, kind == "SaleReturned")
        case "SaleLineReversed":
            return LineReversal(event.data.line)
        case _:
            return None
