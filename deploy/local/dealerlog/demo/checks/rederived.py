"""Every grade with its limit and every ABC class decided again at its cut, under its policy: the same bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator

from credit_rating.rederive import rederive_all
from dealerlog.demo.engine import Finding, Scene
from dealerlog.fleet import MEMBERS
from dealerlog.readmodel import opened
from eventlog.log import Log
from events import decode
from events.ids import canonical
from tiering.rederive import rederive_run, started_run

CLASSES = """
select stream, document from log.event
where stream like '%/tier' and convert_from(document, 'UTF8')::json -> 'data' ->> 'run' = $1 order by stream
"""


async def rederived(scene: Scene) -> AsyncIterator[Finding]:
    """All grades, then all classes."""
    assert scene.whole.runs
    yield await _grades(scene, scene.whole.runs.rated)
    yield await _classes(scene, scene.whole.runs.classification_run, scene.whole.runs.classified)


async def _grades(scene: Scene, expected: int) -> Finding:
    async with opened(scene.whole.fleet, MEMBERS["credit-rating"]) as inside:
        done = [each async for each in rederive_all(Log("credit-rating", inside.pool))]
    differing = [each for each in done if not each.equal]
    said = f"{len(done) - len(differing)} of {len(done)} grades and limits come out equal, {expected} were decided"
    said += "".join(f"; {each.dealer}: {each.differences[:1]}" for each in differing[:1])
    return Finding(said, not differing and len(done) == expected > 0)


async def _classes(scene: Scene, run: str, expected: int) -> Finding:
    """The run derived again from the sale lines' own events, against what the log holds."""
    fleet, member = scene.whole.fleet, MEMBERS["tiering"]
    async with opened(fleet, member) as inside:
        runtime = member.declaration.runtime(fleet.settings(member.name))
        runtime.pool, runtime.log = inside.pool, Log(member.name, inside.pool)
        derived = await rederive_run(runtime, run, await started_run(runtime.log, run))
        recorded = {
            row["stream"].partition("/")[0]: canonical(decode(row["document"]).event)
            for row in await inside.pool.fetch(CLASSES, run)
        }
    equal = sum(derived.get(dealer) == data for dealer, data in recorded.items())
    said = f"{equal} of {len(recorded)} ABC classes come out equal, {expected} were decided"
    return Finding(said, equal == len(recorded) == len(derived) == expected > 0)
