"""Every service's tables filled anew from the log come out equal, table by table."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dealerlog import records
from dealerlog.demo.engine import Finding, Scene
from dealerlog.fleet import Fleet
from dealerlog.steps import Steps

BY_FILES = frozenset({"file_import"})
"""The table that only files fill: they come in below, in pounds, and `rebuilt_from_files` rebuilds it there."""


async def rebuilt(scene: Scene) -> AsyncIterator[Finding]:
    """A rebuild of each service: equal digests, no table empty that the sample network fills."""
    async for finding in tables_rebuilt(scene.whole.fleet, scene.whole.steps, empty_before=BY_FILES):
        yield finding


async def tables_rebuilt(
    fleet: Fleet, steps: Steps, *, empty_before: frozenset[str] = frozenset(), only: frozenset[str] | None = None
) -> AsyncIterator[Finding]:
    """Rebuild every service of a fleet. `only`: the tables that must not be empty (default: all but `empty_before`)."""
    for member in fleet.members:
        done = await records.rebuild(fleet, member, steps)
        unequal = [each.table for each in done.compared if each.blue != each.green]
        expected = {each.table for each in done.compared} - empty_before if only is None else only
        empty = [each.table for each in done.compared if not each.green.rows and each.table in expected]
        rows = sum(each.green.rows for each in done.compared)
        listed = ", ".join(f"{each.table} {each.green.rows:,}" for each in done.compared)
        said = f"{member.name}: {done.events:,} events, {rows:,} rows equal: {listed}"
        said += f"; unequal: {', '.join(unequal)}" * bool(unequal) + f"; empty: {', '.join(empty)}" * bool(empty)
        yield Finding(said, not unequal and not empty and rows > 0)
