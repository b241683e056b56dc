"""What a log is, in plain lists: commands by partition, in order. All else is derived from them anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

PARTITIONS = 2


class Entry(NamedTuple):
    """One command that wrote events: `names` of a region (one event each), or one fact with its claim."""

    command: UUID
    stream: str
    content: bytes
    lineage: int
    names: tuple[str, ...] = ()
    claim: str | None = None

    @property
    def events(self) -> int:
        """How many events it wrote."""
        return len(self.names) or 1

    @property
    def claims(self) -> tuple[str, ...]:
        """What it took."""
        return tuple(f"region-name:{name}" for name in self.names) or ((self.claim,) if self.claim else ())


class Answer(NamedTuple):
    """What a command is answered with; `why` where nothing was written."""

    why: str
    version: int = 0
    sequence: int = 0
    lineage: int = 0
    name: str = ""


class Row(NamedTuple):
    """One row of a call of facts."""

    command: UUID
    stream: str
    content: bytes
    claim: str | None


@dataclass
class Model:
    """The log as it must be. `published`: commands of each partition that are in the topic; `lineage` of what comes."""

    entries: dict[int, list[Entry]] = field(default_factory=lambda: {p: [] for p in range(PARTITIONS)})
    published: dict[int, int] = field(default_factory=lambda: dict.fromkeys(range(PARTITIONS), 0))
    lineage: int = 1

    def all(self) -> list[Entry]:
        """Every command of the log."""
        return [entry for partition in sorted(self.entries) for entry in self.entries[partition]]

    def of(self, stream: str) -> list[Entry]:
        """The commands of one stream."""
        return [entry for entry in self.all() if entry.stream == stream]

    def names(self, stream: str) -> list[str]:
        """The names that a region had: its version is how many, its state the last."""
        return [name for entry in self.of(stream) for name in entry.names]

    def holder(self, claim: str) -> str | None:
        """Who holds a name."""
        return next((entry.stream for entry in self.all() if claim in entry.claims), None)

    def claims(self) -> dict[str, str]:
        """Who holds what."""
        return {claim: entry.stream for entry in self.all() for claim in entry.claims}

    def find(self, command: UUID) -> Entry | None:
        """The command of that id, if it wrote."""
        return next((entry for entry in self.all() if entry.command == command), None)

    def last_sequence(self, partition: int, upto: Entry | None = None) -> int:
        """The sequence of the last event of a partition, or of one command of it."""
        entries = self.entries[partition]
        return sum(entry.events for entry in (entries[: entries.index(upto) + 1] if upto else entries))

    def handle(
        self, partition: int, stream: str, names: tuple[str, ...], command: UUID, content: bytes, expected: int | None
    ) -> Answer:
        """A command on a region: known, stale, unchanged, claimed, or written."""
        now = self.names(stream)
        if known := self.find(command):
            if (known.stream, known.content) != (stream, content):
                return Answer("reused")
            return self._answer(partition, known, "repeated")
        if expected is not None and expected != len(now):
            return Answer("stale")
        if names == tuple(now[-1:]):
            return Answer("unchanged", len(now), name=now[-1])
        if any(self.holder(f"region-name:{name}") not in (None, stream) for name in names):
            return Answer("claimed")
        entry = Entry(command, stream, content, self.lineage, names)
        self.entries[partition].append(entry)
        return self._answer(partition, entry, "written")

    def record(self, partition: int, rows: Sequence[Row]) -> list[tuple[str, int]]:
        """A call of facts of one partition: verdicts with the sequence of the event that counts."""
        verdicts: dict[int, str] = {}
        fresh: dict[UUID, Entry] = {}
        refused: set[UUID] = set()
        for place, row in enumerate(rows):
            known = self.find(row.command) or fresh.get(row.command)
            if known:
                verdicts[place] = "duplicate" if known.content == row.content else "conflict"
            elif row.command in refused or (row.claim and self._held(row.claim, fresh)):
                verdicts[place] = "claimed"
                refused.add(row.command)
            else:
                verdicts[place] = "accepted"
                fresh[row.command] = Entry(row.command, row.stream, row.content, self.lineage, claim=row.claim)
        self.entries[partition] += sorted(fresh.values())
        found = [self.find(row.command) for row in rows]
        return [
            (verdicts[place], self.last_sequence(partition, entry) if entry else 0) for place, entry in enumerate(found)
        ]

    def fall_back(self, kept: dict[int, int]) -> int:
        """The database is as it was (`kept` commands a partition), joined with its topic; answers the new lineage.

        The topic holds a fence of every lineage that there was, so that a database made anew takes none of them again.
        """
        for partition, entries in self.entries.items():
            del entries[max(kept[partition], self.published[partition]) :]
        self.lineage += 1
        return self.lineage

    def _held(self, claim: str, fresh: dict[UUID, Entry]) -> bool:
        return self.holder(claim) is not None or any(claim in entry.claims for entry in fresh.values())

    def _answer(self, partition: int, entry: Entry, why: str) -> Answer:
        before = self.of(entry.stream)
        version = sum(each.events for each in before[: before.index(entry) + 1])
        return Answer(why, version, self.last_sequence(partition, entry), entry.lineage, entry.names[-1])
