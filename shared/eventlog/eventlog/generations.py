"""Generations of the projections' tables: schemas g1, g2, … and the one pointer row that requests read."""

import json
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from eventlog import ddl
from eventlog.connection import Connection, Pool
from eventlog.ddl import Shape
from eventlog.plan import Plan
from eventlog.positions import CURRENT_READER, OPEN, OPEN_LIVE
from eventlog.projection import Table

ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('projection.generations'))"
INSERT = """
insert into projection.built (generation, state, shape)
select coalesce(max(generation), 0) + 1, $1, $2::jsonb from projection.built
returning generation
"""
LIST = """
select b.generation, b.state, b.shape, b.generation = g.current as current
from projection.built b left join projection.generation g on true order by b.generation
"""


class Security(Protocol):
    """Row-level security and grants of a generation: created with it, asserted before a switch."""

    def statements(self, schema: str, tables: Sequence[Table]) -> list[str]:
        """SQL that grants, enables and defines the policies."""
        ...

    async def check(self, connection: Connection, schema: str, tables: Sequence[Table]) -> None:
        """Raise if a table of the generation could be read outside a scope."""
        ...


class Open:
    """No row-level security: a service whose tables hold nothing of dealers, and tests of the engine."""

    def statements(self, schema: str, tables: Sequence[Table]) -> list[str]:
        """None."""
        return []

    async def check(self, connection: Connection, schema: str, tables: Sequence[Table]) -> None:
        """Nothing to assert."""


class Built(NamedTuple):
    """A generation: number, state (filling, live, refused), shape as created, and whether requests read it."""

    generation: int
    state: str
    shape: Shape
    current: bool

    @property
    def schema(self) -> str:
        """Its schema, which is also its name as a reader of the logs."""
        return f"g{self.generation}"


class NoGeneration(LookupError):
    """There is no such generation; `ensure` creates the first."""


async def ensure(pool: Pool, plan: Plan, partitions: int, security: Security) -> str:
    """The schema that requests read; creates the first generation, and positions of sources that are new."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(ONE_AT_A_TIME)
        current = await connection.fetchval(CURRENT_READER)
        if current is None:
            made = await create(connection, plan, partitions, security, state="live")
            for statement in ddl.create_indexes(made.schema, plan.tables.values()):
                await connection.execute(statement)
            await connection.execute("insert into projection.generation (current) values ($1)", made.generation)
            current = made.schema
        await connection.execute(OPEN_LIVE, list(plan.sources), partitions)
        return str(current)


async def create(connection: Connection, plan: Plan, partitions: int, security: Security, *, state: str) -> Built:
    """A new generation without indexes, its positions at 0. Within a transaction of the caller."""
    tables = list(plan.tables.values())
    shape = ddl.shape_of(tables)
    generation = await connection.fetchval(INSERT, state, json.dumps(shape))
    made = Built(generation, state, shape, current=False)
    for statement in (*ddl.create_tables(made.schema, tables), *security.statements(made.schema, tables)):
        await connection.execute(statement)
    await connection.execute(OPEN, made.schema, list(plan.sources), partitions)
    return made


async def drop(connection: Connection, generation: int) -> None:
    """Drop a generation that requests do not read, with its positions and parked streams."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext('projection.switch'))")
        if await connection.fetchval("select true from projection.generation where current = $1", generation):
            raise ValueError(f"generation {generation} is the one that requests read: switch first")
        schema = f"g{generation}"
        await connection.execute("delete from projection.parked_stream where reader = $1", schema)
        await connection.execute("delete from projection.position where reader = $1", schema)
        await connection.execute("delete from projection.built where generation = $1", generation)
        await connection.execute(f"drop schema if exists {ddl.quoted(schema)} cascade")


async def built(connection: Connection) -> list[Built]:
    """Every generation not yet dropped, oldest first."""
    rows = await connection.fetch(LIST)
    return [Built(r["generation"], r["state"], json.loads(r["shape"]), bool(r["current"])) for r in rows]


async def find(connection: Connection, schema: str) -> Built:
    """One generation by its schema."""
    for each in await built(connection):
        if each.schema == schema:
            return each
    raise NoGeneration(f"there is no generation {schema}")


async def current(connection: Connection) -> Built:
    """The generation that requests read."""
    for each in await built(connection):
        if each.current:
            return each
    raise NoGeneration("no generation was created yet")


def stale(made: Built, plan: Plan) -> list[str]:
    """Tables that this code declares otherwise than the generation has them: empty, or a rebuild is due."""
    shape = ddl.shape_of(plan.tables.values())
    return sorted(name for name in shape.keys() | made.shape.keys() if shape.get(name) != made.shape.get(name))
