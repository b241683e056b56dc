"""Rows → one generation's tables, in bulk: facts by COPY or an insert from arrays, state by one upsert a signature."""

from collections.abc import Iterable

from eventlog.columns import Column
from eventlog.connection import Connection
from eventlog.ddl import Shape, quoted
from eventlog.gathered import Gathered, Key, Merged, Row
from eventlog.plan import Plan
from eventlog.projection import Table

COPY_FROM = 500
"""From so many rows on a COPY is faster than an insert from arrays, whose statement is prepared once."""

Signature = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


class Writer:
    """Writes to the columns that the generation has and the declarations still name.

    A generation made by older declarations is fed what both know, until it is dropped.
    """

    def __init__(self, schema: str, shape: Shape, plan: Plan) -> None:
        self.schema = schema
        self._tables = {name: table for name, table in plan.tables.items() if name in shape}
        self._columns = {
            name: [column for column in table.every if column in shape[name]] for name, table in self._tables.items()
        }
        self._upserts: dict[tuple[str, Signature], str] = {}
        self._inserts = {
            name: _insert(schema, table, self._columns[name])
            for name, table in self._tables.items()
            if table.kind == "facts"
        }

    async def write(self, connection: Connection, gathered: Gathered) -> None:
        """Write everything gathered, tables in order of name, rows in order of key."""
        for name in sorted(gathered.facts):
            if name in self._tables and gathered.facts[name]:
                await self._write_facts(connection, name, gathered.facts[name])
        for name in sorted(gathered.state):
            if name in self._tables:
                await self._write_state(connection, name, gathered.state[name])

    async def _write_facts(self, connection: Connection, name: str, rows: list[Row]) -> None:
        table, columns = self._tables[name], self._columns[name]
        if len(columns) != len(table.every):
            kept = [index for index, column in enumerate(table.every) if column in columns]
            rows = [tuple(row[index] for index in kept) for row in rows]
        if len(rows) < COPY_FROM:
            await connection.execute(self._inserts[name], *map(list, zip(*rows, strict=True)))
        else:
            await connection.copy_records_to_table(name, records=rows, columns=columns, schema_name=self.schema)

    async def _write_state(self, connection: Connection, name: str, rows: dict[Key, Merged]) -> None:
        by_signature: dict[Signature, list[Key]] = {}
        for key in _sorted(rows):
            by_signature.setdefault(rows[key].signature, []).append(key)
        for signature, keys in sorted(by_signature.items()):
            columns = [c for group in signature for c in group if c in self._columns[name]]
            values = [rows[key].values() for key in keys]
            arrays = [*map(list, zip(*keys, strict=True)), *([v[c] for v in values] for c in columns)]
            await connection.execute(self._upsert(name, signature), *arrays)

    def _upsert(self, name: str, signature: Signature) -> str:
        if (name, signature) not in self._upserts:
            known = self._columns[name]
            sets, adds, maxes = ([column for column in group if column in known] for group in signature)
            self._upserts[name, signature] = _upsert(self.schema, self._tables[name], sets, adds, maxes)
        return self._upserts[name, signature]


def _sorted(rows: Iterable[Key]) -> list[Key]:
    """One order for all writers, so that two of them never wait for each other's rows."""
    return sorted(rows, key=lambda key: tuple(map(str, key)))


def _arrays(columns: Iterable[Column]) -> str:
    return ", ".join(f"${index}::{column.sql}[]" for index, column in enumerate(columns, 1))


def _insert(schema: str, table: Table, columns: list[str]) -> str:
    return (
        f"insert into {quoted(schema)}.{quoted(table.name)} ({', '.join(map(quoted, columns))})\n"
        f"select * from unnest({_arrays(table.every[column] for column in columns)})"
    )


def _upsert(schema: str, table: Table, sets: list[str], adds: list[str], maxes: list[str]) -> str:
    columns = [*table.key, *sets, *adds, *maxes]
    changes = [f"{quoted(c)} = excluded.{quoted(c)}" for c in sets]
    changes += [f"{quoted(c)} = t.{quoted(c)} + excluded.{quoted(c)}" for c in adds]
    changes += [f"{quoted(c)} = greatest(t.{quoted(c)}, excluded.{quoted(c)})" for c in maxes]
    return (
        f"insert into {quoted(schema)}.{quoted(table.name)} as t ({', '.join(map(quoted, columns))})\n"
        f"select * from unnest({_arrays(table.every[column] for column in columns)})\n"
        f"on conflict ({', '.join(map(quoted, table.key))}) do "
        + (f"update set {', '.join(changes)}" if changes else "nothing")
    )
