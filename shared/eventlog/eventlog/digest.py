"""A table's digest: the sum of the SHA-256 of its rows, so that order does not matter and every value does.

Four sums of 64 bits each, over declared columns, with the number of rows beside them; computed by PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from eventlog.connection import Connection
from eventlog.ddl import quoted

SETTINGS = """
set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local extra_float_digits = 1;
set local intervalstyle = 'postgres'; set local bytea_output = 'hex'
"""
EMPTY = "0:0:0:0"


class Digest(NamedTuple):
    """How many rows, and their digest as text."""

    rows: int
    sums: str


class Without(NamedTuple):
    """Rows that a comparison leaves out: those whose `columns` have one of these values."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]


async def digest(
    connection: Connection, schema: str, table: str, columns: Mapping[str, str], without: Without | None = None
) -> Digest:
    """Digest a table over `columns` (name → SQL type), within a transaction of the caller.

    Text is that of a row of these columns, numbers without trailing zeros, in UTC and ISO dates, whatever the session's
    settings: equal rows digest equally, an absent value differs from an empty one.
    """
    await connection.execute(SETTINGS)
    listed = ", ".join(
        f"trim_scale({quoted(name)})" if sql == "numeric" else quoted(name) for name, sql in sorted(columns.items())
    )
    condition, arguments = _without(without)
    sums = " || ':' || ".join(f"coalesce(sum(substr(h, {at}, 8)::bigint), 0)" for at in (1, 9, 17, 25))
    row = await connection.fetchrow(
        f"select count(*) as rows, {sums} as sums from (\n"
        f"  select sha256(convert_to(row({listed})::text, 'UTF8')) as h\n"
        f"  from {quoted(schema)}.{quoted(table)}{condition}\n"
        f"  offset 0\n"  # else the planner hashes every row four times
        f") as hashed",
        *arguments,
    )
    assert row is not None
    return Digest(row["rows"], row["sums"])


def _without(without: Without | None) -> tuple[str, Sequence[list[Any]]]:
    if without is None or not without.values:
        return "", ()
    arrays = ", ".join(f"${index}::{sql}[]" for index, sql in enumerate(without.types, 1))
    names = ", ".join(map(quoted, without.columns))
    return f"\n  where ({names}) not in (select * from unnest({arrays}))", [
        list(each) for each in zip(*without.values, strict=True)
    ]
