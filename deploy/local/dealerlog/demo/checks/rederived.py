"""Every decision taken again from the topics alone, at its cut: the same bytes.

Grades with their limits, ABC classes, statements of account, reminders, and promises that the clock decided.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from credit_rating.rederive import rederive_all
from dealerlog.demo.engine import Finding, Scene
from dealerlog.fleet import MEMBERS
from dealerlog.readmodel import opened
from dealerlog.rederiving import rederive
from eventlog.log import Log
from tiering.rederive import recorded_classes, rederive_run, started_run

PROMISES = """
select count(*) from log.event where stream like '%/collection'
and convert_from(document, 'UTF8')::json ->> 'type' in ('PromiseKept', 'PromiseBroken')
"""


async def rederived(scene: Scene) -> AsyncIterator[Finding]:
    """From the live tables, which is quick; then from the topics, which trusts no table."""
    runs = scene.whole.runs
    assert runs
    yield await _grades(scene, runs.rated + runs.approved)
    yield await _classes(scene, runs.classification_run, runs.classified)
    async with opened(scene.whole.fleet, MEMBERS["credit-rating"]) as inside:
        promises = await inside.pool.fetchval(PROMISES)  # decided by the clock, when their day is over
    decided = runs.rated + runs.excluded + runs.approved + runs.recomputed + runs.issued + promises
    yield await _from_topics(scene, "credit-rating", decided, len(runs.rating_runs))
    yield await _from_topics(scene, "tiering", runs.classified, 1)


async def _grades(scene: Scene, expected: int) -> Finding:
    async with opened(scene.whole.fleet, MEMBERS["credit-rating"]) as inside:
        done = [each async for each in rederive_all(Log("credit-rating", inside.pool))]
    differing = [each for each in done if not each.equal]
    said = f"{len(done) - len(differing)} of {len(done)} grades and limits come out equal, {expected} were decided"
    said += "".join(f"; {each.dealer}: {each.differences[:1]}" for each in differing[:1])
    return Finding(said, not differing and len(done) == expected > 0)


async def _classes(scene: Scene, run: str, expected: int) -> Finding:
    """The run derived again from the sale lines' own events, against what the log holds."""
    async with opened(scene.whole.fleet, MEMBERS["tiering"]) as inside:
        log = Log("tiering", inside.pool)
        derived = await rederive_run(log, run, await started_run(log, run))
        recorded = await recorded_classes(log, run)
    equal = sum(derived.get(dealer) == data for dealer, data in recorded.items())
    said = f"{equal} of {len(recorded)} ABC classes come out equal, {expected} were decided"
    return Finding(said, equal == len(recorded) == len(derived) == expected > 0)


async def _from_topics(scene: Scene, name: str, decided: int, runs: int) -> Finding:
    whole = scene.whole
    done = await rederive(whole.fleet, MEMBERS[name], whole.installation, whole.where, whole.steps)
    said = f"{name} from the topics alone: {done.said}, {decided} were decided"
    return Finding(said, not done.differing and (done.decisions, done.runs) == (decided, runs))
