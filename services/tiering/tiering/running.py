"""Classification runs: started at one cut, executed by whichever worker comes, resumed where one stopped.

Every command's id follows from the run and the dealer, so a run that is executed again writes what is missing and
nothing else, at the same cut. Only a completed run is current.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

import structlog

from eventlog.log import Log
from eventlog.meta import Meta
from eventlog.position import cut_from_json
from eventlog.refusals import LogRefused
from events import decode
from events.decider import Refused
from events.ids import command_id, event_id, request_hash
from events.types.shapes import PolicyRef
from events.types.tiering import ClassificationRunStarted
from service.health import Heart
from service.lifecycle import Loop
from service.loops import DATABASE_LOST
from service.problems import Problem
from service.runtime import Runtime
from tiering.domain.abc import Ranking
from tiering.domain.classification_run import CLASSIFICATION_RUN, CompleteRun, key
from tiering.domain.classify import Basis, Decision, classify_sums, decisions
from tiering.domain.tier_file import TIER_FILE, AssignAbcClass
from tiering.domain.windows import Window
from tiering.facts_at_cut import codes_by_dealer, sums_by_dealer
from tiering.published_policies import POLICIES, policy_of
from tiering.snapshot import company_snapshot, refuse_parked, wait_until_shown

AT_ONCE = 32
BATCH = 2_000
POLL_SECONDS = 1.0
UNFINISHED = """
select r.run from run r where not exists (select from run_completion c where c.run = r.run) order by r.started_on, r.run
"""
PASSING: tuple[type[Exception], ...] = (Problem, Refused, LogRefused, *DATABASE_LOST)
"""What may be otherwise a moment later: the worker says so and tries again."""
logger = structlog.get_logger("running")


class Execution(NamedTuple):
    """A started run as its stream says it, on which day and by whom."""

    run: str
    started: ClassificationRunStarted
    on: date
    actor: str

    @property
    def basis(self) -> Basis:
        """What all decisions of the run share."""
        window = Window(self.started.window_from, self.started.window_to)
        return Basis(self.run, window, self.started.policy, self.started.cut)


async def ranking_of(runtime: Runtime, started: ClassificationRunStarted) -> Ranking:
    """The ranked list of a run from the rows within its cut; the same whenever it is asked."""
    cut = cut_from_json(started.cut)
    policy = await policy_of(runtime.log, **reference(started.policy))
    await wait_until_shown(runtime.pool, cut, runtime.settings.wait_seconds)
    window = Window(started.window_from, started.window_to)
    without = excluded_of(started)
    measure = "gross_sales" if started.measure == "gross_sales" else "net_sales"
    async with company_snapshot(runtime.pool) as conn:
        await refuse_parked(conn, cut, without)
        sums = await sums_by_dealer(conn, cut, window, measure)  # type: ignore[arg-type]
        codes = await codes_by_dealer(conn, cut)
    return await asyncio.to_thread(classify_sums, sums, codes, policy.abc.cuts, without)


def excluded_of(started: ClassificationRunStarted) -> frozenset[str]:
    """The dealers that a run leaves out, as its start named them."""
    return frozenset(each.dealer for each in started.excluded)


def reference(policy: PolicyRef) -> dict[str, Any]:
    """A policy's name, version and content hash, as `policy_of` takes them."""
    return {"name": policy.name, "version": policy.version, "content_hash": policy.hash}


async def execute(runtime: Runtime, execution: Execution) -> Ranking:
    """Write every decision of a run that is not written yet, then complete it."""
    ranking = await ranking_of(runtime, execution.started)
    waiting = decisions(ranking, execution.basis)
    while batch := list(islice(waiting, BATCH)):
        await _assign(runtime.log, execution, batch)
    command = CompleteRun(run=execution.run, classified=ranking.population, digest=ranking.digest())
    meta = _meta(execution, command_id("abc-run", execution.run, "completed"), command)
    await runtime.log.handle(CLASSIFICATION_RUN, key(execution.run), command, meta)
    logger.info("run completed", run=execution.run, classified=ranking.population)
    return ranking


async def _assign(log: Log, execution: Execution, batch: list[Decision]) -> None:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(decision: Decision) -> None:
        command = AssignAbcClass(dealer=decision.dealer, assigned=decision.assigned)
        identity = command_id("abc-run", execution.run, decision.dealer)
        events = (event_id("abc-run", execution.run, decision.dealer, 0),)
        async with room:
            await log.handle(TIER_FILE, decision.dealer, command, _meta(execution, identity, command, events))

    await asyncio.gather(*map(one, batch))


def _meta(execution: Execution, identity: UUID, command: Any, events: tuple[UUID, ...] | None = None) -> Meta:
    return Meta(
        actor=execution.actor,
        business_date=execution.on,
        command_id=identity,
        request_hash=request_hash(command),
        correlation=execution.run,
        event_ids=events,
    )


async def execution_of(log: Log, run: str) -> Execution | None:
    """A run that was started and is not complete; None if it is another."""
    rows = [decode(row.document) for row in await log.read_stream(f"{key(run)}/run")]
    match rows:
        case [recorded] if isinstance(recorded.event, ClassificationRunStarted):
            return Execution(run, recorded.event, recorded.businessdate, recorded.actor)
        case _:
            return None


async def unfinished(runtime: Runtime) -> list[str]:
    """Runs that wait for a worker, oldest first."""
    async with company_snapshot(runtime.pool) as conn:
        return [str(row["run"]) for row in await conn.fetch(UNFINISHED)]


async def resume(runtime: Runtime) -> list[str]:
    """Execute every run that waits; answers those that are complete now."""
    done = []
    for run in await unfinished(runtime):
        execution = await execution_of(runtime.log, run)
        if execution is not None:
            await execute(runtime, execution)
            done.append(run)
    return done


def loops(runtime: Runtime) -> Iterator[Loop]:
    """The worker that publishes the shipped policy and executes runs."""

    async def work(heart: Heart, stopping: asyncio.Event) -> None:
        is_published = False
        while not stopping.is_set():
            heart.beat()
            try:
                if not is_published:
                    await POLICIES.publish_shipped(runtime.log, runtime.settings.today())
                    is_published = True
                await resume(runtime)
            except PASSING as error:
                logger.warning("classification waits", why=str(error)[:300])
            try:
                await asyncio.wait_for(stopping.wait(), POLL_SECONDS)
            except TimeoutError:
                continue

    yield Loop(name="classification", role="worker", run=work, stale_seconds=600)
