"""Declarations → tables of one generation's schema, and the shape that the generation remembers.

State tables keep their primary key from the start, for they are upserted; everything else is built after a load.
"""

from collections.abc import Iterable

from eventlog.columns import TOMBSTONE
from eventlog.projection import StateTable, Table

Shape = dict[str, dict[str, str]]
"""Table → column → SQL type, as a generation was created."""

FACTS_KEY = ("source", "partition", "sequence", "line")


def quoted(name: str) -> str:
    """An SQL identifier. Names are ours; quoting guards words such as "on" and "order"."""
    return '"' + name.replace('"', '""') + '"'


def create_tables(schema: str, tables: Iterable[Table]) -> list[str]:
    """Statements that create the schema and its tables, without what a load is faster without."""
    return [f"create schema {quoted(schema)}", *(_create(schema, table) for table in tables)]


def create_indexes(schema: str, tables: Iterable[Table]) -> list[str]:
    """Statements for keys of facts tables and declared indexes, and fresh statistics: run once the rows are there.

    Only the last ones, which turn indexes into keys, keep a reader of the rows away.
    """
    statements, keys = [], []
    for table in tables:
        name = f"{quoted(schema)}.{quoted(table.name)}"
        if table.kind == "facts":
            key = quoted(f"{table.name[:58]}_pkey")
            statements.append(f"create unique index {key} on {name} ({', '.join(map(quoted, FACTS_KEY))})")
            keys.append(f"alter table {name} add primary key using index {key}")
        for index in table.indexes:
            title = quoted("_".join((table.name, *index, "idx"))[:63])
            statements.append(f"create index {title} on {name} ({', '.join(map(quoted, index))})")
        for index in table.sparse:
            title = quoted("_".join((table.name, *index, "idx"))[:63])
            listed = ", ".join(map(quoted, index))
            statements.append(f"create index {title} on {name} ({listed}) where {quoted(index[0])} is not null")
        statements.append(f"analyze {name}")
    return [*statements, *keys]


def shape_of(tables: Iterable[Table]) -> Shape:
    """What a generation created from these declarations looks like."""
    return {table.name: {name: column.sql for name, column in table.every.items()} for table in tables}


def _create(schema: str, table: Table) -> str:
    lines = [f"  {quoted(name)} {column.sql}{_constraint(table, name)}" for name, column in table.every.items()]
    if table.key:
        lines.append(f"  primary key ({', '.join(map(quoted, table.key))})")
    storage = " with (fillfactor = 80)" if table.kind == "state" else ""
    return f"create table {quoted(schema)}.{quoted(table.name)} (\n" + ",\n".join(lines) + f"\n){storage}"


def _constraint(table: Table, name: str) -> str:
    if isinstance(table, StateTable):
        if name == TOMBSTONE:
            return " not null default false"
        if name in table.sums:
            return " not null default 0"
        return " not null" if name in table.key else ""
    return " not null" if name in ("source", "partition", "sequence", "line", "recorded_at", "event") else ""
