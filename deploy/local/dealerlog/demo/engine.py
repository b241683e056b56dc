"""Runs the table of checks in order; each says what it found, with figures, and whether that is what is promised."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from dealerlog.addresses import external_kafka, external_postgres
from dealerlog.databases import drop_databases
from dealerlog.problem import Problem
from dealerlog.supervised import work
from dealerlog.supervisor import Supervisor
from dealerlog.topics import delete_topics
from dealerlog.whole import Whole

TITLE_WIDTH = 24


class Finding(NamedTuple):
    """One promise, as it was found: what is said of it, and whether it holds. None: not tried, with the reason."""

    said: str
    holds: bool | None


class Scene:
    """What the checks share: the running whole, and what an earlier one keeps for a later one."""

    def __init__(self, whole: Whole, console: Console) -> None:
        self.whole, self.console = whole, console
        self.fleets = [whole.fleet]

    @property
    def supervisor(self) -> Supervisor:
        """Whoever started all processes."""
        return self.whole.supervisor

    def close(self) -> None:
        """Of somebody's cluster, delete what was made there; our own goes with the installation's folder."""
        self.supervisor.stop_services()
        asyncio.run(self._delete())

    async def _delete(self) -> None:
        for fleet in self.fleets:
            if external_kafka() is not None:
                await delete_topics(fleet.kafka, [name for name, _, _ in fleet.topics()])
            if external_postgres() is not None:
                await drop_databases(self.whole.where.admin_url, [each.name for each in fleet.databases.values()])


Found = AsyncIterator[Finding]


class Check(NamedTuple):
    """A title and its findings in order. `needed`: where it does not hold, nothing that follows means anything."""

    title: str
    run: Callable[[Scene], Found]
    needed: bool = False


def run_checks(checks: Sequence[Check], scene: Scene) -> list[Finding]:
    """Run all checks and print each finding; a Problem counts as one that does not hold."""
    found: list[Finding] = []
    for check in checks:
        made = work(scene.supervisor, _one(check, scene))
        found += made
        if check.needed and any(each.holds is False for each in made):
            break
    return found


async def _one(check: Check, scene: Scene) -> list[Finding]:
    found: list[Finding] = []
    began = time.monotonic()

    def told(finding: Finding) -> None:
        nonlocal began
        found.append(finding)
        shown(scene.console, check.title, finding, time.monotonic() - began)
        began = time.monotonic()

    try:
        async for finding in check.run(scene):
            told(finding)
    except Problem as problem:
        told(Finding(str(problem), False))
    return found


def shown(console: Console, title: str, finding: Finding, seconds: float) -> None:
    """One line: ✓ or ✗ (– where it was not tried), title, figures, time."""
    sign, style = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("–", "yellow")}[finding.holds]
    line = Text(f"{sign} ", style=style).append(f"{title:<{TITLE_WIDTH}}", style="default")
    line.append(finding.said, style="red" if finding.holds is False else "default")
    console.print(line.append(f"  {seconds:.1f} s", style="dim"), soft_wrap=True)
