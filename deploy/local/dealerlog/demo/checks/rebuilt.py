"""Every service's tables filled anew from the log come out equal, table by table."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dealerlog import records
from dealerlog.demo.engine import Finding, Scene

LATER = frozenset({"file_import", "export"})
"""Tables of what the sample network does not do: files come in below, in pounds, and are rebuilt there."""


async def rebuilt(scene: Scene) -> AsyncIterator[Finding]:
    """A rebuild of each service; equal digests, no table empty that the sample network fills."""
    fleet = scene.whole.fleet
    for member in fleet.members:
        done = await records.rebuild(fleet, member, scene.whole.steps)
        unequal = [each.table for each in done.compared if each.blue != each.green]
        empty = [each.table for each in done.compared if not each.green.rows and each.table not in LATER]
        rows = sum(each.green.rows for each in done.compared)
        listed = ", ".join(f"{each.table} {each.green.rows:,}" for each in done.compared)
        said = f"{member.name}: {done.events:,} events, {rows:,} rows equal: {listed}"
        said += f"; unequal: {', '.join(unequal)}" * bool(unequal) + f"; empty: {', '.join(empty)}" * bool(empty)
        yield Finding(said, not unequal and not empty and rows > 0)
