"""One campaign: clients write, a fault strikes, all becomes healthy, the judge looks; then the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from random import Random

from system.installed import dealers, territory

from dealerlog.client import Api
from dealerlog.fleet import MEMBERS
from dealerlog.problem import Problem
from faults import recovery
from faults.clients import Client, clients
from faults.judge import Judge
from faults.kinds import Kind, Strike, Unseen
from faults.ledger import Ledger
from faults.schedule import Planned
from faults.verdict import Findings
from faults.world import World, world

DEALERS = 14
WARM_TURNS, WARM_SECONDS = 2, 20.0
GAVE_UP_SECONDS = 10.0


@dataclass
class Result:
    """What came of one fault. `rebuilt`: the service whose tables were rebuilt, `unequal` what differed then."""

    number: int
    kind: str
    note: str = ""
    acknowledged: int = 0
    by_nature: int = 0
    findings: Findings = field(default_factory=Findings)
    rebuilt: str = ""
    unequal: str = ""
    struck_seconds: float = 0.0
    recovered_seconds: float = 0.0
    restarts: int = 0
    error: str = ""

    @property
    def clean(self) -> bool:
        """Whether the fault left nothing behind that must not be."""
        return self.findings.clean and not self.unequal and not self.error


@dataclass
class Outcome:
    """What came of a campaign."""

    seed: int
    planned: int
    results: list[Result] = field(default_factory=list)
    untried: dict[str, str] = field(default_factory=dict)
    acknowledged: int = 0
    events: int = 0
    attempts: dict[str, int] = field(default_factory=dict)
    last: Result | None = None
    seconds: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether every figure that must be zero is zero, and every planned fault was struck."""
        done = [*self.results, *([self.last] if self.last else [])]
        return self.last is not None and len(self.results) == self.planned and all(each.clean for each in done)


Plan = Callable[[dict[str, str]], list[Planned]]
"""Names of kinds that cannot be tried, with the reason → what is to strike, in order."""


def campaign(
    seed: int, kinds: dict[str, Kind], plan: Plan, folder: Path, told: Callable[[Result, int], None]
) -> Outcome:
    """Run it; `told` hears of every fault once it is judged. Ctrl-C ends it with what was reached."""
    begun = time.monotonic()
    with world(folder.name) as made:
        untried = {name: why for name, kind in kinds.items() if (why := kind.needs(made))}
        planned = plan(untried)
        outcome = Outcome(seed, len(planned), untried=untried)
        ledger = Ledger(folder / "ledger.ndjson")
        _organise(made)
        judge = Judge(made, ledger)
        running = clients(made.fleet, ledger, made.dealers)
        for client in running:
            client.start()
        try:
            services = cycle(MEMBERS)
            for number, each in enumerate(planned, 1):
                result = _struck(number, each, made, running, judge, next(services))
                outcome.results.append(result)
                told(result, len(planned))
            outcome.last = _ended(made, running, judge)
        except KeyboardInterrupt:
            outcome.last = None
        finally:
            for client in running:
                client.end()
            for client in running:
                client.join(GAVE_UP_SECONDS)
            outcome.acknowledged, outcome.events = ledger.acknowledged(), judge.events()
            outcome.attempts = dict(ledger.counted())
            outcome.seconds = time.monotonic() - begun
            ledger.close()
    return outcome


def _organise(made: World) -> None:
    """A region with its dealers, once everything is up."""
    recovery.recover(made, [])

    async def ask() -> list[str]:
        async with Api(made.fleet) as api:
            await territory(api)
            return list((await dealers(api, [f"C-{n}" for n in range(DEALERS)])).values())

    made.dealers = asyncio.run(ask())
    recovery.recover(made, [])


def _struck(number: int, planned: Planned, made: World, running: list[Client], judge: Judge, rebuild: str) -> Result:
    """One fault from the first request before it to the last look after it."""
    result = Result(number, planned.kind.name)
    chance = Random(planned.seed)
    ledger, restarts = judge.ledger, made.restarts
    before, complaints = ledger.acknowledged(), len(ledger.complaints)
    _warm(running)
    strike = Strike(made, chance, ledger)
    strike.pause(0, 0.3)
    begun = time.monotonic()
    try:
        planned.kind.strike(strike)
    except Exception as error:  # a fault that cannot be struck as planned is a failure of the campaign, not its end
        result.error = f"{error}" if isinstance(error, Unseen | Problem) else repr(error)
    result.struck_seconds = time.monotonic() - begun
    recovery.thawed(made)
    try:
        result.recovered_seconds = recovery.recover(made, running)
        ledger.whole_again()
        result.findings, result.by_nature = judge.look(strike)
        result.rebuilt, result.unequal = rebuild, judge.rebuilt(rebuild) or ""
    except recovery.NotRecovered as error:
        result.error = " ".join(filter(None, (result.error, str(error))))
        for process in made.processes.values():  # the next fault shall find a world that stands
            made.kill(process)
        judge.forget()  # and this one may have made topics anew
    result.error = " ".join([*filter(None, [result.error]), *ledger.complaints[complaints:]])
    result.note, result.acknowledged = strike.note, ledger.acknowledged() - before
    result.restarts = made.restarts - restarts
    return result


def _warm(running: list[Client]) -> None:
    """Let every client have a few answers."""
    until = {client: client.turns + WARM_TURNS for client in running}
    deadline = time.monotonic() + WARM_SECONDS
    for client in running:
        client.go_on()
    while any(client.turns < turns and client.failure is None for client, turns in until.items()):
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)


def _ended(made: World, running: list[Client], judge: Judge) -> Result:
    """The last look at everything, with each service rebuilt."""
    result = Result(0, "everything at the end")
    try:
        result.recovered_seconds = recovery.recover(made, running)
        result.findings = judge.everything()
        result.rebuilt = "all"
        result.unequal = "; ".join(filter(None, (judge.rebuilt(name) for name in MEMBERS)))
    except recovery.NotRecovered as error:
        result.error = str(error)
    return result
