"""An installation as a whole: its fleet started in order, and the sample network in it."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

from dealerlog import loading, running
from dealerlog.addresses import Addresses
from dealerlog.client import Api, merged
from dealerlog.decisions import Runs, decide
from dealerlog.fleet import MEMBERS, Fleet
from dealerlog.readmodel import opened, system_of
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.sample.loader import Loaded
from dealerlog.sample.network import Network
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor


class Whole:
    """What `run` and `demo` have in common. `runs` and `loaded` are known once the sample was loaded here."""

    def __init__(self, supervisor: Supervisor, where: Addresses, steps: Steps) -> None:
        self.supervisor, self.where, self.steps = supervisor, where, steps
        self.installation = supervisor.installation
        self.loaded: Loaded | None = None
        self.runs: Runs | None = None
        self.network: Network | None = None
        self._fleet: Fleet | None = None

    @property
    def folder(self) -> Path:
        """Where everything lies that it keeps."""
        return self.installation.folder

    @property
    def fleet(self) -> Fleet:
        """The four services; `start` first."""
        assert self._fleet is not None, "start first"
        return self._fleet

    def start(self, today: date | None = LAST_DAY) -> Fleet:
        """Databases, topics, migrations, services, the front door; `today` stands still, None is the calendar's."""
        self._fleet = asyncio.run(self._prepared(today))
        running.start(self.supervisor, self._fleet)
        self.supervisor.start_services(self._fleet.front_door())
        return self._fleet

    async def _prepared(self, today: date | None) -> Fleet:
        with self.steps.step("databases", "4, with three roles each"):
            fleet = await running.fleet_of(self.installation, self.where, today=today)
        await running.prepare(fleet, self.steps)
        return fleet

    async def sample(self) -> str:
        """The sample network loaded, rated and classified, unless it is; answers the positions that show all of it."""
        system = await self.system()
        if kept := loading.remembered(self.installation, system):
            self.steps.say(f"sample network     {kept.dealers} dealers, loaded before")
            return kept.positions
        self.network = loading.sample_network(self.steps)
        self.loaded = await loading.load_network(self.fleet, self.steps, self.network)
        async with Api(self.fleet, reached=self.loaded.positions) as api:
            self.runs = await decide(api, self.network, self.loaded.dealers, self.steps)
            reached = merged(api.reached, await self.ends())
        loading.remember(self.installation, self.loaded, system, reached)
        return reached

    async def system(self) -> str:
        """The PostgreSQL server's own identifier: another server has none of this data."""
        return await system_of(self.fleet.databases["customer-registry"].app)

    async def ends(self) -> str:
        """The end of every log now, as positions to present: at most 32 of them may be."""
        found: list[str] = []
        for name in ("credit-rating", "tiering"):
            async with opened(self.fleet, MEMBERS[name]) as service:
                lineage = (await service.log()).lineage
                ends = await service.ends()
                found += [f"{name}:{partition}:{sequence}:{lineage}" for partition, sequence in ends.items()]
        return ",".join(found)
