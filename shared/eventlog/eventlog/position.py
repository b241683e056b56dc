"""Where one is in a log: a position names one event, a cut names the last event of every partition of every source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Cut = Mapping[str, Mapping[int, int]]
"""`{service: {partition: last sequence included}}`; a partition not named counts as 0. It outlives Kafka."""


class Position(NamedTuple):
    """One event of one log, as a write answers it and a read presents it: `credit-rating:3:1234:1`."""

    service: str
    partition: int
    sequence: int
    lineage: int

    def __str__(self) -> str:
        return f"{self.service}:{self.partition}:{self.sequence}:{self.lineage}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Read the text form; ValueError names what it should look like."""
        parts = text.strip().split(":")
        if len(parts) != 4 or not parts[0] or not all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts[1:]):
            raise ValueError(f"{text[:80]!r} is not a position; one looks like credit-rating:3:1234:1")
        return cls(parts[0], int(parts[1]), int(parts[2]), int(parts[3]))


def cut_to_json(cut: Cut) -> dict[str, dict[str, int]]:
    """The form that decisions record: names sorted, partitions as text, empty partitions left out."""
    return {
        service: {str(p): cut[service][p] for p in sorted(cut[service]) if cut[service][p] > 0}
        for service in sorted(cut)
    }


def cut_from_json(value: Mapping[str, Mapping[str, int]]) -> dict[str, dict[int, int]]:
    """Back from the form that decisions record."""
    return {service: {int(p): int(n) for p, n in parts.items()} for service, parts in value.items()}


def within(cut: Cut, service: str, partition: int, sequence: int) -> bool:
    """Whether a cut includes that event."""
    return sequence <= cut.get(service, {}).get(partition, 0)


def bounds(cut: Cut, source: str) -> list[int]:
    """The cut of one source as an array for SQL: the last sequence of partition 0, 1, …; 0 where it names none.

    It is as long as the highest partition: a cut from outside passes `cut_form.read_cut` first.
    """
    partitions = cut.get(source, {})
    return [partitions.get(partition, 0) for partition in range(max(partitions, default=-1) + 1)]
