"""What was lost, is there twice, was reordered, or is a phantom: logs, topics and tables against the clients' ledger.

Pure: `History` takes a log's rows as they are read, `Topic` a topic's records, `judged` the ledger's entries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from faults.ledger import Entry

KINDS = ("lost", "twice", "reordered", "phantom")


@dataclass
class Findings:
    """What must not be, each in words."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)

    def __add__(self, other: Findings) -> Findings:
        return Findings(*(getattr(self, kind) + getattr(other, kind) for kind in KINDS))

    def counts(self) -> dict[str, int]:
        """How much of each."""
        return {kind: len(getattr(self, kind)) for kind in KINDS}

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(self.counts().values())


class Row(NamedTuple):
    """One event of a log; `number` is that of the command if the event carries one of ours."""

    partition: int
    sequence: int
    id: UUID
    previous: UUID | None
    n: int
    m: int
    version: int
    command: UUID
    stream: str
    number: str | None


class Record(NamedTuple):
    """One record of a topic."""

    partition: int
    offset: int
    sequence: int
    id: UUID
    previous: UUID | None


class Place(NamedTuple):
    """Where a number stands in its log; `last` is the command's last event, which its answer names."""

    partition: int
    sequence: int
    last: int


class History:
    """One log as far as it was read: dense, chained, every command and every number once."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.ids: defaultdict[int, list[UUID]] = defaultdict(list)
        self.numbers: dict[str, Place] = {}
        self._commands: dict[tuple[UUID, int], str] = {}
        self._versions: Counter[str] = Counter()

    def ends(self) -> dict[int, int]:
        """The last sequence read of each partition."""
        return {partition: len(ids) for partition, ids in self.ids.items()}

    def add(self, rows: Iterable[Row]) -> Findings:
        """Take the next rows, in the order of each partition."""
        found = Findings()
        for row in rows:
            self._place(row, found)
            self._once(row, found)
            if row.version:
                self._versions[row.stream] += 1
                if row.version != self._versions[row.stream]:
                    found.reordered.append(f"{row.stream}: version {row.version} comes at {self._versions[row.stream]}")
                    self._versions[row.stream] = row.version
        return found

    def _place(self, row: Row, found: Findings) -> None:
        ids, place = self.ids[row.partition], f"{self.service}[{row.partition}]"
        before = ids[-1] if ids else None
        if row.sequence != len(ids) + 1:
            found.lost.append(f"{place}: sequence {row.sequence} comes after {len(ids)}")
            ids.extend([UUID(int=0)] * (row.sequence - 1 - len(ids)))
        elif row.previous != before:
            found.reordered.append(f"{place}: {row.sequence} follows {row.previous}, not {before}")
        ids.append(row.id)

    def _once(self, row: Row, found: Findings) -> None:
        place = f"{self.service}[{row.partition}] {row.sequence}"
        if (before := self._commands.setdefault((row.command, row.n), place)) != place:
            found.twice.append(f"command {row.command} is at {before} and at {place}")
        if row.number is not None:
            if row.number in self.numbers:
                found.twice.append(f"{row.number} is at {self.numbers[row.number]} and at {place}")
            self.numbers[row.number] = Place(row.partition, row.sequence, row.sequence + row.m - row.n)


class Topic:
    """One topic as far as it was read: what the log says, in its order; repeated records are allowed and counted."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.ends: Counter[int] = Counter()
        self.repeated = 0

    def add(self, records: Iterable[Record]) -> Findings:
        """Take the next records, in the order of each partition."""
        found = Findings()
        for record in records:
            place, end = f"{self.history.service}.events[{record.partition}]", self.ends[record.partition]
            ids = self.history.ids[record.partition]
            if record.sequence > len(ids):
                found.phantom.append(f"{place} holds {record.sequence}, the log ends at {len(ids)}")
            elif ids[record.sequence - 1] != record.id:
                found.phantom.append(f"{place} holds {record.id} at {record.sequence}, the log another event")
            elif record.sequence <= end:
                self.repeated += 1
                continue
            elif record.sequence > end + 1:
                found.lost.append(f"{place} lacks {end + 1} to {record.sequence - 1}")
            self.ends[record.partition] = max(end, record.sequence)
        return found

    def undrained(self) -> Findings:
        """What the topic lacks of the log, once it is to be complete."""
        return Findings(
            lost=[
                f"{self.history.service}.events[{partition}] ends at {self.ends[partition]}, the log at {last}"
                for partition, last in self.history.ends().items()
                if self.ends[partition] < last
            ]
        )


def judged(entries: Collection[Entry], histories: Mapping[str, History], service_of: Mapping[str, str]) -> Findings:
    """The ledger against the logs. `service_of`: by family."""
    found = Findings()
    known = {entry.number: entry for entry in entries}
    for entry in entries:
        place = histories[service_of[entry.family]].numbers.get(entry.number)
        if place is None:
            if entry.acknowledged:
                found.lost.append(f"{entry.number} was acknowledged at {entry.position} and is in no log")
        elif not entry.possible:
            found.phantom.append(f"{entry.number} is in the log although every attempt was refused")
        elif entry.acknowledged and entry.position and (place.partition, place.last) != entry.position[1:3]:
            found.reordered.append(f"{entry.number} was acknowledged at {entry.position} and is at {place}")
    for history in histories.values():
        found.phantom += [f"{number} is in the log and nobody sent it" for number in history.numbers.keys() - known]
    return found + _out_of_order(entries, histories, service_of)


def _out_of_order(
    entries: Collection[Entry], histories: Mapping[str, History], service_of: Mapping[str, str]
) -> Findings:
    """Turns of one client that stand in another order than they were acknowledged in."""
    found = Findings()
    last: dict[tuple[str, int], tuple[int, int, int]] = {}
    for entry in sorted((each for each in entries if each.acknowledged), key=lambda each: each.turn):
        place = histories[service_of[entry.family]].numbers.get(entry.number)
        if place is None:
            continue
        key = (entry.client, place.partition)
        turn, highest, before = last.get(key, (entry.turn, 0, 0))
        if entry.turn > turn:
            turn, before = entry.turn, highest
        if place.sequence <= before:
            found.reordered.append(f"{entry.number} was acknowledged later than what stands behind it")
        last[key] = (turn, max(highest, place.last), before)
    return found


def shown(table: str, expected: Collection[str], counts: Mapping[str, int]) -> Findings:
    """A table that must show each of these numbers once, and no other."""
    return Findings(
        lost=[f"{table} does not show {number}" for number in expected if not counts.get(number)],
        twice=[f"{table} shows {number} {counts[number]} times" for number in expected if counts.get(number, 0) > 1],
        phantom=[f"{table} shows {number}, which is not in the log" for number in counts.keys() - set(expected)],
    )
