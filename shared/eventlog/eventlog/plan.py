"""A service's tables, compiled: from one event to the rows and patches it causes.

The same plan runs live, in a rebuild and in a fold; only what is done with the effects differs.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from eventlog.columns import Column, as_json
from eventlog.columns import json as json_column
from eventlog.gathered import Row
from eventlog.mapping import Copied, compiled
from eventlog.projection import FactsTable, Patch, Rule, StateTable, Table, consumes
from events.readers import Reader, reader_for

Effects = list[tuple[str, bool, list[Any]]]
"""For each table an event touches: its name, whether it is a facts table, and the rows or patches."""


class BadEffect(ValueError):
    """A handler returned what its declaration does not allow."""


class Plan:
    """Tables by event: `effects(source, event)` runs every handler of that event's type.

    `handlers`: (source, type) → (table, whether of facts, event → rows or patches). `sources`: the logs that the
    tables need, sorted. `readers`: one decoder a source, holding only the fields used.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        self.tables = {table.name: table for table in tables}
        declared = consumes(self.tables.values())
        self.sources = tuple(sorted(declared))
        self.readers: dict[str, Reader] = {
            source: reader_for(types, source=source) for source, types in declared.items()
        }
        self.handlers: dict[tuple[str, str], list[tuple[str, bool, Callable[[Any], list[Any]]]]] = {}
        for table in self.tables.values():
            for rule in table.rules:
                handler = _facts(table, rule) if isinstance(table, FactsTable) else _patches(table, rule)
                entry = (table.name, isinstance(table, FactsTable), handler)
                self.handlers.setdefault((rule.source, rule.type), []).append(entry)

    def effects(self, source: str, event: Any) -> Effects:
        """What one decoded event does. Raises whatever its handlers raise, and `BadEffect`."""
        return [(name, is_facts, handle(event)) for name, is_facts, handle in self.handlers[source, event.type]]

    def read(self, source: str, document: bytes) -> Effects:
        """Decode and run: empty for a type that no table declares."""
        event = self.readers[source].decode(document)
        return [] if event is None else self.effects(source, event)


def _facts(table: FactsTable, rule: Rule) -> Callable[[Any], list[Row]]:
    """A handler that returns rows in the order of the declared columns."""
    names, width, handler = table.declared, len(table.declared), rule.handler
    if isinstance(handler, Copied):
        return compiled({name: table.columns[name] for name in names}, handler.columns)
    encoded, nothing = _json_positions(table.columns, names), dict.fromkeys(names)

    def row(values: dict[str, Any]) -> Row:
        whole = nothing | values
        if len(whole) != width:
            raise BadEffect(f"{table.name} has no column {', '.join(sorted(set(values) - set(names)))}")
        picked = tuple(whole.values())
        return _with_json(picked, encoded) if encoded else picked

    def rows(event: Any) -> list[Row]:
        given = handler(event)
        if given is None:
            return []
        return [row(given)] if type(given) is dict else [row(each) for each in given]

    return rows


def _patches(table: Table, rule: Rule) -> Callable[[Any], list[Patch]]:
    """A handler that returns patches which touch no column but the declared ones."""
    assert isinstance(table, StateTable)
    handler, width, sets = rule.handler, len(table.key), rule.writes.sets
    assert not isinstance(handler, Copied)
    jsons = {name for name in sets if table.every[name] is json_column}
    adds = {name: table.every[name].python for name in rule.writes.adds}
    maxes = {name: (*table.every[name].python, type(None)) for name in rule.writes.maxes}

    def check(patch: Patch) -> Patch:
        if len(patch.key) != width or None in patch.key:
            raise BadEffect(f"{table.name}: a key has {width} columns, {rule.type} gave {patch.key!r}")
        if patch.add:
            _check_types(table, rule, patch.add, adds)
        if patch.max:
            _check_types(table, rule, patch.max, maxes)
        if patch.set:
            if not patch.set.keys() <= sets:
                raise BadEffect(f"{table.name}: {rule.type} sets a column that its declaration does not name")
            if jsons:
                encoded = {name: as_json(patch.set[name]) for name in jsons & patch.set.keys()}
                return msgspec.structs.replace(patch, set=patch.set | encoded)
        return patch

    def patches(event: Any) -> list[Patch]:
        given = handler(event)
        if given is None:
            return []
        return [check(given)] if type(given) is Patch else [check(each) for each in given]

    return patches


def _check_types(table: Table, rule: Rule, values: dict[str, Any], types: dict[str, tuple[type, ...]]) -> None:
    """Sums and maxima are computed in memory too: refuse there what PostgreSQL would refuse."""
    for name, value in values.items():
        if type(value) not in types.get(name, ()):
            raise BadEffect(f"{table.name}.{name}: {rule.type} may not sum or compare {value!r}")


def _json_positions(columns: dict[str, Column], names: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(index for index, name in enumerate(names) if columns[name] is json_column)


def _with_json(row: Row, positions: tuple[int, ...]) -> Row:
    values = list(row)
    for index in positions:
        values[index] = as_json(values[index])
    return tuple(values)
