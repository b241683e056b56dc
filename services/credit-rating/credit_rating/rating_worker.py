"""What is done without anybody's asking, a loop each: rating runs carried on, every dealer looked at, what is due.

Dealers are looked at once a day; their limits also as soon as a policy takes effect or terms change. The shipped
policy is published once, by a fresh installation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date

import structlog

from credit_rating import collecting, statement_worker, watching
from credit_rating.duties import Duty, Later, loop_of
from credit_rating.published_policies import POLICIES
from credit_rating.rating_run import Run, carry_on
from credit_rating.recomputing import recompute_all, stamp
from credit_rating.snapshot import company_snapshot
from eventlog.log import Log
from service.lifecycle import Loop
from service.runtime import Runtime

UNFINISHED = """
select run, region, as_of, cut, policy, authorised_by, started_on from run where not completed order by started_on, run
"""
log = structlog.get_logger("rating")


async def carry_on_unfinished(to: Log, later: Later | None = None) -> int:
    """Carry on every run that was started and is not complete; answers how many it completed.

    A run that fails holds up no other and is tried again `later`; without that the first failure is raised at the end.
    """
    waiting = Later() if later is None else later
    async with company_snapshot(to.pool) as conn:
        runs = [Run.of(row) for row in await conn.fetch(UNFINISHED)]
    waiting.only([run.id for run in runs])
    completed = 0
    for run in runs:
        if waiting.waits(run.id):
            continue
        try:
            await carry_on(to, run)
        except Exception as error:  # it goes on at its cut at its next turn
            log.warning("rating run waits", run=str(run.id), region=run.region, error=repr(error)[:500])
            waiting.failed(run.id, error)
        else:
            log.info("rating run complete", run=str(run.id), region=run.region)
            waiting.passed(run.id)
            completed += 1
    if later is None:
        for failure in waiting.errors.values():
            raise failure
    return completed


def loops(runtime: Runtime) -> Sequence[Loop]:
    """This service's own loops: one a duty, so that none waits for another."""
    runs = Later()

    async def turn() -> object:
        return object()  # a turn of its own each time: who has no run to carry on is done at once

    async def once() -> bool:
        return True

    async def today() -> date:
        return runtime.settings.today()

    async def limits_due() -> object:
        return await stamp(runtime.log, runtime.settings.today())

    def daily(name: str, look: Callable[[Log, date], Awaitable[int]]) -> Duty:
        return Duty(name=name, mark=today, do=lambda: look(runtime.log, runtime.settings.today()))

    async def state_all(to: Log, day: date) -> int:
        return await statement_worker.issue_all(to, day, runtime.settings.currency)

    duties = (
        Duty(name="rating", mark=turn, do=lambda: carry_on_unfinished(runtime.log, runs), later=runs),
        Duty(name="policy", mark=once, do=lambda: POLICIES.publish_shipped(runtime.log, runtime.settings.today())),
        daily("watch", watching.look_at_all),
        daily("promises", collecting.decide_promises),
        daily("reminders", collecting.remind),
        daily("statements", state_all),
        Duty(name="limits", mark=limits_due, do=lambda: recompute_all(runtime.log, runtime.settings.today())),
    )
    return [loop_of(duty, runtime) for duty in duties]
