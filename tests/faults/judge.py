"""Looks at logs, topics and tables once all is drained and says what must not be; what was read is remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from dealerlog.fleet import MEMBERS
from dealerlog.problem import Problem
from dealerlog.readmodel import opened
from eventlog import tail
from eventlog.audit import audit
from faults import reading
from faults.families import FAMILIES, Shown
from faults.kinds import Strike
from faults.ledger import Ledger
from faults.reading import Histories
from faults.verdict import Findings, History, Topic, judged, shown
from faults.world import World

SERVICE_OF = {name: family.service for name, family in FAMILIES.items()}


class Judge:
    """Reads only what is new since the last look, unless the fault took something back."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger = world, ledger
        self.forget()

    def look(self, strike: Strike | None = None) -> tuple[Findings, int]:
        """What is wrong now, and how many acknowledged writes the fault took by its nature."""
        if strike and strike.rewound:
            self.forget()
        elif strike and strike.renewed:
            self._forget_topics()
        return asyncio.run(self._look(rewound=bool(strike and strike.rewound)))

    def everything(self) -> Findings:
        """All of it anew: every log, topic and table from its first row, and each log against itself."""
        self.forget()
        return asyncio.run(self._everything())

    def rebuilt(self, service: str) -> str | None:
        """Rebuild a service's tables beside the live ones; what differs, or None if all digests are equal."""
        return asyncio.run(self._rebuilt(service))

    def events(self) -> int:
        """How many events the logs hold."""
        return sum(sum(history.ends().values()) for history in self.histories.values())

    def forget(self) -> None:
        """Read all of it anew at the next look."""
        self.histories = {name: History(name) for name in MEMBERS}
        self._shown: dict[Shown, set[str]] = {}
        self._forget_topics()

    def _forget_topics(self) -> None:
        self.topics = {name: Topic(history) for name, history in self.histories.items()}
        self._offsets: dict[tuple[str, int], int] = {}
        self._read = Histories(tail.History)

    async def _look(self, *, rewound: bool) -> tuple[Findings, int]:
        found = Findings()
        for name, history in self.histories.items():
            found += history.add(await reading.log_rows(self.world.fleet.databases[name].app, history.ends()))
        records = await reading.topic_records(self.world.fleet, self.topics, self._offsets, self._read)
        for name, topic in self.topics.items():
            found += topic.add(records[name]) + topic.undrained()
            for record in records[name]:
                self._offsets[name, record.partition] = record.offset + 1
        forgiven = self.ledger.forgive(self._missing()) if rewound else 0
        found += judged(self.ledger.all(), self.histories, SERVICE_OF)
        for name, family in FAMILIES.items():
            for table in family.shown:
                found += await self._table(table, self._numbers(name), fresh=True)
        return found, forgiven

    async def _everything(self) -> Findings:
        found, _ = await self._look(rewound=False)
        for name, family in FAMILIES.items():
            for table in family.shown:
                found += await self._table(table, self._numbers(name), fresh=False)
        for name, member in MEMBERS.items():
            done = await audit(self.world.fleet.databases[name].app, member.declaration.deciders)
            found.lost += [f"audit of {name}: {problem}" for problem in done.problems]
        return found

    def _missing(self) -> list[str]:
        """Acknowledged numbers that no log holds any more. What a topic holds its log holds too, or it is a phantom."""
        return [
            each.number
            for each in self.ledger.all()
            if each.acknowledged and each.number not in self.histories[SERVICE_OF[each.family]].numbers
        ]

    def _numbers(self, family: str) -> set[str]:
        """The numbers of a family that stand in its log."""
        entries = self.ledger.entries
        numbers = self.histories[SERVICE_OF[family]].numbers
        return {number for number in numbers if number in entries and entries[number].family == family}

    async def _table(self, table: Shown, numbers: Iterable[str], *, fresh: bool) -> Findings:
        wanted = set(numbers)
        if fresh:
            wanted -= self._shown.setdefault(table, set())
        url = self.world.fleet.databases[table.service].app
        counts = await reading.shown_numbers(url, table, wanted if fresh else None)
        self._shown[table] |= wanted
        return shown(f"{table.service}'s {table.table}", wanted, counts)

    async def _rebuilt(self, service: str) -> str | None:
        try:
            async with opened(self.world.fleet, MEMBERS[service]) as inside:
                done = await inside.rebuild(lambda progress: None)
        except Problem as error:
            return str(error)
        unequal = [each.table for each in done.compared if not each.equal]
        return f"{service}: {', '.join(unequal)}" if unequal else None
