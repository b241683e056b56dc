"""The loop that carries rating runs on, looks at every graded dealer, and publishes the shipped policy.

It looks at dealers once a day; at their limits also as soon as a policy takes effect or terms change.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import structlog

from credit_rating import collecting
from credit_rating.published_policies import POLICIES
from credit_rating.rating_run import Run, carry_on
from credit_rating.recomputing import recompute_all, stamp
from credit_rating.snapshot import company_snapshot
from credit_rating.watching import look_at_all
from eventlog.log import Log
from service.health import Heart
from service.lifecycle import Loop
from service.runtime import Runtime

EVERY_SECONDS = 0.5
STALE_SECONDS = 300.0
UNFINISHED = """
select run, region, as_of, cut, policy, authorised_by, started_on from run where not completed order by started_on, run
"""
log = structlog.get_logger("rating")


async def carry_on_unfinished(to: Log) -> int:
    """Carry on every run that was started and is not complete; answers how many.

    A run that fails holds up no other; the first failure is raised when all had their turn.
    """
    async with company_snapshot(to.pool) as conn:
        runs = [Run.of(row) for row in await conn.fetch(UNFINISHED)]
    failures: list[Exception] = []
    for run in runs:
        try:
            await carry_on(to, run)
            log.info("rating run complete", run=str(run.id), region=run.region)
        except Exception as error:  # it goes on at its cut at the next turn
            log.warning("rating run waits", run=str(run.id), region=run.region, error=repr(error))
            failures.append(error)
    if failures:
        raise failures[0]
    return len(runs)


def loops(runtime: Runtime) -> Sequence[Loop]:
    """This service's own loops."""

    trouble: str | None = None
    runtime.health.notice("rating", lambda: trouble)

    async def run(heart: Heart, stopping: asyncio.Event) -> None:
        nonlocal trouble
        published, looked_on, limits_of = False, None, None
        while not stopping.is_set():
            try:
                if not published:
                    await POLICIES.publish_shipped(runtime.log, runtime.settings.today())
                    published = True
                await carry_on_unfinished(runtime.log)
                if looked_on != (today := runtime.settings.today()):
                    await look_at_all(runtime.log, today)
                    await collecting.look_at_all(runtime.log, today)
                    looked_on = today
                if limits_of != (now := await stamp(runtime.log, today)):
                    await recompute_all(runtime.log, today)
                    limits_of = now
                trouble = None
            except Exception as error:  # whatever failed, the run goes on at its cut once it passes
                trouble = f"{type(error).__name__}: {error}"[:500]
                log.warning("rating waits", error=trouble)
            heart.beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)

    return [Loop(name="rating", role="worker", run=run, stale_seconds=STALE_SECONDS)]
