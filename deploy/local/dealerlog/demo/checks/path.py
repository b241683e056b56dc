"""The sample network through the path: every grade and every class comes out, and a report shows them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dealerlog.client import AUDITOR, Api, require
from dealerlog.demo.engine import Finding, Scene
from dealerlog.showing import CLASSES, GRADES, chosen, counts, dealer_table, dealers_of
from dealerlog.standing import settled

ROWS = 20
WHOLE = {"format": "csv", "whole": "1"}


async def path(scene: Scene) -> AsyncIterator[Finding]:
    """Load, rate, classify, wait, read the report."""
    whole = scene.whole
    reached = await whole.sample()
    assert whole.loaded and whole.runs and whole.network
    stands = await settled(whole.fleet)
    sizes = ", ".join(f"{each.service} {each.events:,}" for each in stands)
    parked = sum(len(each.parked) for each in stands)
    yield Finding(f"events: {sizes}; {parked} streams parked", parked == 0 and all(each.events for each in stands[:3]))
    async with Api(whole.fleet, reached=reached) as api:
        dealers = await dealers_of(api)
        exported = require(await api.ask("reporting", "GET", "/exports/dealers", AUDITOR, params=WHOLE)).text
    scene.console.print(dealer_table(chosen(dealers, ROWS), whole.fleet.currency))
    grades, classes = counts(dealers)
    expected = len(whole.network.dealers)
    yield Finding(f"{len(dealers)} dealers in the report, {expected} onboarded", len(dealers) == expected)
    lines = len(exported.splitlines()) - 1
    yield Finding(f"the same as CSV: {lines} lines, an export that the log remembers", lines == expected)
    by_grade = ", ".join(f"grade {grade}: {grades[grade]}" for grade in GRADES)
    yield Finding(f"{by_grade}; without: {grades[None]}", all(grades[grade] for grade in GRADES))
    rated = sum(grades[grade] for grade in GRADES)
    yield Finding(f"{whole.runs.rated} rated by the runs, {rated} in the report", whole.runs.rated == rated)
    by_class = ", ".join(f"class {abc}: {classes[abc]}" for abc in CLASSES)
    yield Finding(f"{by_class}; without: {classes[None]}", all(classes[abc] for abc in CLASSES))
    classified = sum(classes[abc] for abc in CLASSES)
    yield Finding(
        f"{whole.runs.classified} classified by the run, {classified} in the report",
        whole.runs.classified == classified,
    )
    released, held = whole.runs.released, whole.runs.held
    yield Finding(f"orders against their limits: {released} released, {held} held", bool(released and held))
