"""What a batch of events does to the tables, merged in memory: facts rows in order, one patch a state row."""

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact
from typing import Any

from eventlog.projection import Patch

EXACT = Context(prec=200, traps=[Inexact])
"""Sums of money are exact whatever the order; Python's default context would round at 28 digits."""

Row = tuple[Any, ...]
Key = tuple[Any, ...]


def plus(left: Any, right: Any) -> Any:
    """An exact sum of two decimals or integers."""
    return EXACT.add(left, right) if type(left) is Decimal else left + right


def most(left: Any, right: Any) -> Any:
    """The greater of two, as PostgreSQL's `greatest`: what is NULL does not count."""
    if left is None or right is None:
        return right if left is None else left
    return right if right > left else left


class Merged:
    """All that a batch does to one state row."""

    __slots__ = ("adds", "maxes", "sets")

    def __init__(self, patch: Patch) -> None:
        self.sets = dict(patch.set) if patch.set else {}
        self.adds = dict(patch.add) if patch.add else {}
        self.maxes = dict(patch.max) if patch.max else {}

    def merge(self, patch: Patch) -> None:
        """Apply a later patch: what is set wins, sums add up, maxima rise."""
        if patch.set:
            self.sets.update(patch.set)
        if patch.add:
            adds = self.adds
            for name, amount in patch.add.items():
                adds[name] = plus(adds[name], amount) if name in adds else amount
        if patch.max:
            maxes = self.maxes
            for name, value in patch.max.items():
                maxes[name] = most(maxes.get(name), value)

    @property
    def signature(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Which columns are set, summed and raised: rows of one signature are written by one statement."""
        return tuple(sorted(self.sets)), tuple(sorted(self.adds)), tuple(sorted(self.maxes))

    def values(self) -> Mapping[str, Any]:
        """Column → value, of every column touched."""
        return self.sets | self.adds | self.maxes


class Gathered:
    """Rows by table: `facts[table]` a list of rows, `state[table]` merged patches by key."""

    __slots__ = ("events", "facts", "state")

    def __init__(self) -> None:
        self.events = 0
        self.facts: dict[str, list[Row]] = {}
        self.state: dict[str, dict[Key, Merged]] = {}

    def __len__(self) -> int:
        return sum(map(len, self.facts.values())) + sum(map(len, self.state.values()))

    def add_facts(self, table: str, rows: list[Row], source: str, partition: int, sequence: int, tail: Row) -> None:
        """Add the rows of one event; `tail` is (recorded_at, event id)."""
        into = self.facts.setdefault(table, [])
        for line, row in enumerate(rows):
            into.append((*row, source, partition, sequence, line, *tail))

    def add_patches(self, table: str, patches: list[Patch]) -> None:
        """Merge the patches of one event."""
        into = self.state.setdefault(table, {})
        for patch in patches:
            row = into.get(patch.key)
            if row is None:
                into[patch.key] = Merged(patch)
            else:
                row.merge(patch)
