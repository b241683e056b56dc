"""Every service's tables filled anew from the log come out equal, table by table."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dealerlog import records
from dealerlog.demo.engine import Finding, Scene
from dealerlog.fleet import MEMBERS, Fleet
from dealerlog.steps import Steps

UNFILLED = frozenset(
    {
        *((each, "file_import") for each in MEMBERS),  # files come in below, in pounds; it is rebuilt there
        ("credit-rating", "delegation"),
        ("credit-rating", "hold_release"),
        ("credit-rating", "limit_override"),
        ("reporting", "limit_override"),
        ("tiering", "run_exclusion"),  # who was parked when a run began: nobody, in the sample network
    }
)
"""Service and table: what the sample network leaves empty."""


async def rebuilt(scene: Scene) -> AsyncIterator[Finding]:
    """A rebuild of each service: equal digests, no table empty that the sample network fills."""
    async for finding in tables_rebuilt(scene.whole.fleet, scene.whole.steps, unfilled=UNFILLED):
        yield finding


async def tables_rebuilt(
    fleet: Fleet,
    steps: Steps,
    *,
    unfilled: frozenset[tuple[str, str]] = frozenset(),
    only: frozenset[str] | None = None,
) -> AsyncIterator[Finding]:
    """Rebuild every service of a fleet. `only`: the tables that must not be empty (default: all but `unfilled`)."""
    for member in fleet.members:
        done = await records.rebuild(fleet, member, steps)
        unequal = [each.table for each in done.compared if each.blue != each.green]
        tables = {each.table for each in done.compared if (member.name, each.table) not in unfilled}
        expected = tables if only is None else only
        empty = [each.table for each in done.compared if not each.green.rows and each.table in expected]
        rows = sum(each.green.rows for each in done.compared)
        listed = ", ".join(f"{each.table} {each.green.rows:,}" for each in done.compared)
        said = f"{member.name}: {done.events:,} events, {rows:,} rows equal: {listed}"
        said += f"; unequal: {', '.join(unequal)}" * bool(unequal) + f"; empty: {', '.join(empty)}" * bool(empty)
        yield Finding(said, not unequal and not empty and rows > 0)
