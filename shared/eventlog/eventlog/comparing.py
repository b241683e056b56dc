"""Two generations at the same positions: which tables differ, leaving out what either holds parked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from eventlog import feeding
from eventlog.arrived import Arrived
from eventlog.connection import Connection
from eventlog.ddl import Shape
from eventlog.digest import Digest, Without, digest
from eventlog.plan import Plan
from eventlog.projection import Table

FACTS_KEY = ("source", "partition", "sequence")
WHOLE = "*"


class Compared(NamedTuple):
    """One table in both generations. `changed`: columns (or "*", the whole table) that were declared to differ."""

    table: str
    blue: Digest
    green: Digest
    changed: frozenset[str]

    @property
    def equal(self) -> bool:
        """Whether rows and digests agree, or the whole table was declared to change."""
        return self.blue == self.green or WHOLE in self.changed


def changes(plan: Plan, declared: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Table → columns that may differ: by the declarations, and by who asked for this rebuild."""
    return {name: table.changed | frozenset(declared.get(name, ())) for name, table in plan.tables.items()}


def compared_columns(plan: Plan, blue: Shape, changed: Mapping[str, frozenset[str]]) -> dict[str, dict[str, str]]:
    """Table → the columns that both generations have with one type and that are not declared to change."""
    return {
        name: {
            column: kind.sql
            for column, kind in table.every.items()
            if blue[name].get(column) == kind.sql and column not in changed[name]
        }
        for name, table in plan.tables.items()
        if name in blue
    }


async def digests(
    connection: Connection, schema: str, columns: Mapping[str, Mapping[str, str]], without: Mapping[str, Without]
) -> dict[str, Digest]:
    """Every table's digest, within a transaction of the caller."""
    return {
        name: await digest(connection, schema, name, wanted, without.get(name))
        for name, wanted in sorted(columns.items())
    }


def left_out(plan: Plan, parked: Iterable[Arrived]) -> dict[str, Without]:
    """The rows that parked events cause, or would: facts by their event, state rows by the keys they patch."""
    events = {(each.source, each.partition, each.sequence): each for each in parked}
    found: dict[str, Without] = {}
    items = [feeding.read(plan, each) for each in events.values()]
    for name, table in plan.tables.items():
        if table.kind == "facts":
            values: set[tuple[Any, ...]] = set(events)
            found[name] = Without(FACTS_KEY, _types(table, FACTS_KEY), tuple(sorted(values)))
        else:
            values = {patch.key for item in items for at, facts, out in item.effects if at == name for patch in out}
            found[name] = Without(tuple(table.key), _types(table, tuple(table.key)), tuple(values))
    return {name: without for name, without in found.items() if without.values}


def _types(table: Table, columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(table.every[column].sql for column in columns)
