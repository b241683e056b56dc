"""Row-level security of a generation: who is bound to a territory, branch or region sees its dealers' rows only.

A table's `scope` is the column that holds the dealer, looked up in `dealer_scope` of the same schema; `PLACE` means the
table itself has columns `territory`, `branch` or `region`; `PEOPLE` that those whom a row names see it, too, and a
region the rows of its branches; None is visible to everyone of the service; `HIDDEN` is granted to nobody. The scope
comes from settings that a request makes with SET LOCAL (`service.scope`); without them there are no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eventlog.projection import HIDDEN, PEOPLE, PLACE
from service.permissions import Reach

DEALER_SCOPE = "dealer_scope"
PLACES: tuple[Reach, ...] = ("territory", "branch", "region")


class Scoped(Protocol):
    """What a table declaration tells about its scope (`eventlog.projection.Table` does)."""

    @property
    def name(self) -> str:
        """The table's name."""
        ...

    @property
    def scope(self) -> str | None:
        """How it is scoped."""
        ...

    @property
    def every(self) -> Mapping[str, object]:
        """Its columns by name."""
        ...


class PolicyMissing(Exception):
    """A table that must be scoped or hidden is not: the generation may not be switched to, nor the service start."""


class UnsafeReader(Exception):
    """The role that requests read with would see every row: owner, superuser or BYPASSRLS."""


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def setting(name: str) -> str:
    """A setting of this request, read once a statement; NULL when it is not set, so it equals nothing."""
    return f"(select nullif(current_setting('dealerlog.{name}', true), ''))"


def scope_of(table: Scoped) -> str | None:
    """How a table is scoped; `dealer_scope` is scoped by its own places, as it is where dealers are looked up."""
    return PLACE if table.name == DEALER_SCOPE else table.scope


def condition(schema: str, table: str, scope: str, columns: Iterable[str]) -> str:
    """The rows a reader may see, as SQL: everything for the company, else by place, each arm by its own index."""
    everything = f"{setting('reach')} = 'company'"
    if scope == PEOPLE:
        within = f"s.branch = {quoted(table)}.branch and s.region = {setting('region')}"
        return " or ".join([
            everything, f"branch = {setting('branch')}", f"region = {setting('region')}",
            f'"by" = {setting("login")}', f'"to" = {setting("login")}',
            f"exists (select from {quoted(schema)}.{DEALER_SCOPE} s where {within})",
        ])  # fmt: skip
    if scope == PLACE:
        named = [place for place in PLACES if place in set(columns)]
        if not named:
            raise ValueError(f"{table} has no column territory, branch or region to be scoped by")
        return " or ".join([everything, *(f"{quoted(place)} = {setting(place)}" for place in named)])
    places = " or ".join(f"s.{place} = {setting(place)}" for place in PLACES)
    # EXISTS leaves the choice to the planner: one lookup for a row by id, a hashed set for a list.
    looked_up = (
        f"exists (select from {quoted(schema)}.{DEALER_SCOPE} s "
        f"where s.dealer = {quoted(table)}.{quoted(scope)} and ({places}))"
    )
    return f"{everything} or {looked_up}"


def policies(schema: str, tables: Iterable[Scoped], *, reader: str) -> list[str]:
    """Statements that grant the reader a generation's tables and bind it to its scope; run as the schema's owner.

    The owner itself, which projects every row, is not bound: FORCE would bind it too, and PostgreSQL refuses COPY into
    a table whose policies bind the writer. `assert_reader` sees to it that requests never read as the owner.
    """
    statements = [f"grant usage on schema {quoted(schema)} to {quoted(reader)}"]
    for table in tables:
        name, scope = f"{quoted(schema)}.{quoted(table.name)}", scope_of(table)
        if scope == HIDDEN:
            continue
        statements.append(f"grant select on {name} to {quoted(reader)}")
        if scope is None:
            continue
        seen = condition(schema, table.name, scope, table.every)
        statements += [
            f"alter table {name} enable row level security",
            f"create policy scope on {name} for select to {quoted(reader)} using ({seen})",
        ]
        if table.name == DEALER_SCOPE:
            statements += [f"create index dealer_scope_by_{place} on {name} ({place})" for place in PLACES]
    return statements


POLICIES_OF = """
select c.relname as name, c.relrowsecurity as enabled,
       coalesce(array_agg(pg_get_expr(p.polqual, p.polrelid)) filter (where p.polpermissive and p.polcmd in ('r', '*')
         and exists (select from unnest(p.polroles) r where r = 0 or pg_has_role($2, r, 'MEMBER'))), '{}') as conditions
from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_policy p on p.polrelid = c.oid
where n.oid = $1::text::regnamespace and c.relkind in ('r', 'p')
group by c.oid, c.relname, c.relrowsecurity
"""
SHOWN = """
select t.name from unnest($2::text[]) as t (name)
where has_any_column_privilege($3, to_regclass(format('%I.%I', $1::text, t.name)), 'select')
"""
TEMPORARY = "select pg_my_temp_schema()::regnamespace::text"


async def assert_policies(conn: Any, schema: str, tables: Iterable[Scoped], *, reader: str) -> None:
    """Require that every scoped table of a generation is bound by its policy and no wider one, and no hidden one shown.

    PostgreSQL rewrites a condition as it stores it, so ours is stored too, on empty temporary tables that are rolled
    back, and the two are compared. Raises `PolicyMissing` naming the tables that differ.
    """
    hidden, scoped = _apart(tables)
    if shown := [row["name"] for row in await conn.fetch(SHOWN, schema, hidden, reader)]:
        raise PolicyMissing(f"{schema}: to be hidden, but granted to {reader}: {', '.join(sorted(shown))}")
    found = {row["name"]: row for row in await conn.fetch(POLICIES_OF, quoted(schema), reader)}
    wanted = await _stored_conditions(conn, schema, scoped, reader) if scoped else {}
    missing = [
        table.name
        for table in scoped
        if (row := found.get(table.name)) is None or not row["enabled"] or row["conditions"] != wanted.get(table.name)
    ]
    if missing:
        raise PolicyMissing(f"{schema}: not bound by row-level security: {', '.join(sorted(missing))}")


def _apart(tables: Iterable[Scoped]) -> tuple[list[str], list[Scoped]]:
    """The names of hidden tables, and the scoped ones."""
    known = list(tables)
    hidden = [table.name for table in known if scope_of(table) == HIDDEN]
    return hidden, [table for table in known if scope_of(table) not in (None, HIDDEN)]


async def _stored_conditions(conn: Any, schema: str, tables: Sequence[Scoped], reader: str) -> dict[str, list[str]]:
    probe = conn.transaction()
    await probe.start()
    try:
        for table in tables:
            scope, name = scope_of(table) or PLACE, f"pg_temp.{quoted(table.name)}"
            columns = ", ".join(f"{quoted(column)} {_type_of(kind)}" for column, kind in table.every.items())
            await conn.execute(f"create temporary table {quoted(table.name)} ({columns})")
            seen = condition(schema, table.name, scope, table.every)
            await conn.execute(f"create policy scope on {name} for select to {quoted(reader)} using ({seen})")
        rows = await conn.fetch(POLICIES_OF, await conn.fetchval(TEMPORARY), reader)
        return {row["name"]: row["conditions"] for row in rows}
    finally:
        await probe.rollback()


def _type_of(column: object) -> str:
    return str(getattr(column, "sql", column))


READER_RIGHTS = """
select current_user::text as name, r.rolsuper, r.rolbypassrls,
       array(select o.rolname::text from pg_roles o where (o.rolsuper or o.rolbypassrls or o.oid in
               (select relowner from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname !~ '^(pg_|information_schema)')) and pg_has_role(r.oid, o.oid, 'MEMBER')) as may_become
from pg_roles r where r.rolname = current_user
"""


async def assert_reader(conn: Any) -> None:
    """Require that the role of this connection is bound by policies; raises `UnsafeReader` saying why it is not."""
    (row,) = await conn.fetch(READER_RIGHTS)
    if row["rolsuper"] or row["rolbypassrls"] or row["may_become"]:
        why = "a superuser" if row["rolsuper"] else "BYPASSRLS" if row["rolbypassrls"] else "owner or member of it"
        raise UnsafeReader(
            f"READER_DATABASE_URL logs in as {row['name']}, {why}: it would see every row; use another role"
        )


@dataclass(frozen=True, slots=True)
class RowSecurity:
    """What `eventlog.generations` asks of a service: policies with each generation, asserted before a switch."""

    reader: str
    writer: str

    @classmethod
    def of(cls, database: str) -> RowSecurity:
        """The roles of one database: `<database>_reader` is bound, `<database>_app` projects."""
        return cls(f"{database}_reader", f"{database}_app")

    def statements(self, schema: str, tables: Sequence[Scoped]) -> list[str]:
        """Grants and policies of a new generation."""
        return policies(schema, tables, reader=self.reader)

    async def check(self, connection: Any, schema: str, tables: Sequence[Scoped]) -> None:
        """Raise `PolicyMissing` if a table of the generation could be read outside a scope."""
        await assert_policies(connection, schema, tables, reader=self.reader)
