"""No role sees a row outside its scope, by whatever query; proved with a login role that policies bind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest

from eventlog.database import connect_pool
from eventlog.generations import ensure
from eventlog.plan import Plan
from eventlog.projection import HIDDEN, FactsTable, StateTable, money, text, uuid
from service.caller import Caller
from service.migrations import migrate
from service.permissions import ROLES
from service.problems import Problem
from service.rls import PolicyMissing, RowSecurity, UnsafeReader, assert_reader
from service.scope import Reader, require_dealer_in_scope, require_place_in_scope

PLACES = {"T1": ("B1", "R1"), "T2": ("B1", "R1"), "T3": ("B2", "R1"), "T4": ("B3", "R2")}
DEALERS = {UUID(int=i): territory for i, territory in enumerate(["T1", "T1", "T2", "T3", "T4"], 1)}
place_columns = {"territory": text, "branch": text, "region": text}

dealer_scope = StateTable("dealer_scope", key={"dealer": uuid}, columns=place_columns)
policy = StateTable("policy", key={"name": text}, columns={"title": text})
ledger = FactsTable("ledger", columns={"dealer": uuid, "amount": money}, scope="dealer", indexes=[("dealer",)])
own_work = StateTable("own_work", key={"subject": text}, columns={}, scope=HIDDEN)
TABLES = [dealer_scope, policy, ledger, own_work]


class World(NamedTuple):
    """One service's database, its reader as requests use it, and its writer."""

    urls: Any
    app: Any
    reader: Reader
    schema: str
    security: RowSecurity


def caller(role: str, code: str | None = None) -> Caller:
    return Caller(role, role, ROLES[role], code)


@pytest.fixture(scope="module")
async def world(module_database: Callable[..., Awaitable[Any]]) -> AsyncIterator[World]:
    urls = await module_database("scope")
    migrate(urls.owner)
    app = await connect_pool(urls.app)
    security = RowSecurity.of(urls.name)
    schema = await ensure(app, Plan(TABLES), 2, security)
    for number, (dealer, code) in enumerate(DEALERS.items(), 1):
        branch, region = PLACES[code]
        await app.execute(f"insert into {schema}.dealer_scope values ($1, $2, $3, $4)", dealer, code, branch, region)
        await app.execute(
            f"insert into {schema}.ledger values ($1, 10, 'x', 0, $2, 0, now(), $3)", dealer, number, UUID(int=number)
        )
    await app.execute(f"insert into {schema}.policy values ('rating', 'Rating')")
    reader = await Reader.connect(urls.reader)
    yield World(urls, app, reader, schema, security)
    await reader.close()
    await app.close()


SEEN = [
    (caller("sales_representative", "T1"), {1, 2}),
    (caller("sales_representative", "T9"), set()),
    (caller("branch_manager", "B1"), {1, 2, 3}),
    (caller("regional_director", "R1"), {1, 2, 3, 4}),
    (caller("head_of_marketing"), {1, 2, 3, 4, 5}),
    (caller("branch_manager", "T1"), set()),  # a code counts at its own reach only
    (caller("branch_manager", ""), set()),
]


@pytest.mark.parametrize(("who", "dealers"), SEEN)
async def test_everyone_sees_the_dealers_of_the_own_scope(world: World, who: Caller, dealers: set[int]) -> None:
    async with world.reader.snapshot(who) as conn:
        for query in (
            "select dealer from ledger",
            "select dealer from dealer_scope",
            "select dealer from ledger where amount > 1 or true",
        ):
            assert {row["dealer"].int for row in await conn.fetch(query)} == dealers
        for dealer in DEALERS:
            found = await conn.fetchval("select count(*) from ledger where dealer = $1", dealer)
            assert found == (dealer.int in dealers)
        assert await conn.fetchval("select count(*) from policy") == 1  # unscoped: everyone of the service


async def test_without_a_scope_there_are_no_rows(world: World) -> None:
    conn = await asyncpg.connect(world.urls.reader)
    try:
        for table in ("ledger", "dealer_scope"):
            assert await conn.fetchval(f"select count(*) from {world.schema}.{table}") == 0
    finally:
        await conn.close()


async def test_a_scope_ends_with_its_transaction(world: World) -> None:
    for who, dealers in SEEN * 3:  # connections are used again by callers of other scopes
        async with world.reader.snapshot(who) as conn:
            assert await conn.fetchval("select count(*) from ledger") == len(dealers)
    async with world.reader._pool.acquire() as conn:
        assert await conn.fetchval(f"select count(*) from {world.schema}.ledger") == 0


async def test_a_reader_cannot_write_or_lift_its_policy(world: World) -> None:
    conn = await asyncpg.connect(world.urls.reader)
    table = f"{world.schema}.ledger"
    try:
        weakenings = (
            f"delete from {table}",
            f"update {table} set amount = 0",
            f"alter table {table} disable row level security",
            f"drop policy scope on {table}",
            f"set role {world.security.writer}",
        )
        for statement in weakenings:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
        await conn.execute("set row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch(f"select * from {table}")
    finally:
        await conn.close()


async def test_a_snapshot_reads_only(world: World) -> None:
    with pytest.raises(asyncpg.PostgresError):
        async with world.reader.snapshot(caller("auditor")) as conn:
            await conn.execute("create temporary table t (a integer)")


async def test_a_dealer_outside_the_scope_is_not_there(world: World) -> None:
    async with world.reader.snapshot(caller("sales_representative", "T1")) as conn:
        await require_dealer_in_scope(conn, UUID(int=1))
        for other in (UUID(int=5), UUID(int=99)):
            with pytest.raises(Problem) as caught:
                await require_dealer_in_scope(conn, other)
            assert caught.value.code == "not-found"


def test_a_new_dealer_is_entered_into_the_own_place_only() -> None:
    require_place_in_scope(caller("branch_manager", "B1"), territory="T1", branch="B1", region="R1")
    require_place_in_scope(caller("importer"), territory="T9")
    with pytest.raises(Problem):
        require_place_in_scope(caller("branch_manager", "B2"), territory="T1", branch="B1", region="R1")


async def test_a_superuser_an_owner_and_bypassrls_may_not_be_the_reader(world: World, stack: Any) -> None:
    for url in (stack.admin_url, world.urls.owner, world.urls.app):
        with pytest.raises(UnsafeReader):
            await Reader.connect(url)
    admin = await asyncpg.connect(stack.admin_url)
    try:
        await admin.execute(f"alter role {world.security.reader} bypassrls")
        with pytest.raises(UnsafeReader, match="BYPASSRLS"):
            await Reader.connect(world.urls.reader)
    finally:
        await admin.execute(f"alter role {world.security.reader} nobypassrls")
        await admin.close()
    async with world.reader._pool.acquire() as conn:
        await assert_reader(conn)


@pytest.mark.parametrize(
    "weaken",
    [
        "alter table {t} disable row level security",
        "drop policy scope on {t}",
        "create policy more on {t} for select using (true)",
        "alter policy scope on {t} using (true)",
    ],
)
async def test_a_generation_with_a_weakened_table_is_not_switched_to(world: World, weaken: str) -> None:
    async with world.app.acquire() as conn:
        await world.security.check(conn, world.schema, TABLES)
        change = conn.transaction()
        await change.start()
        await conn.execute(weaken.format(t=f"{world.schema}.ledger"))
        with pytest.raises(PolicyMissing, match="ledger"):
            await world.security.check(conn, world.schema, TABLES)
        await change.rollback()
        await world.security.check(conn, world.schema, TABLES)


@pytest.mark.parametrize("grant", ["select", "select (subject)"])
async def test_a_generation_that_shows_a_hidden_table_is_not_switched_to(world: World, grant: str) -> None:
    reader = await asyncpg.connect(world.urls.reader)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reader.fetch(f"select subject from {world.schema}.own_work")
    await reader.close()
    async with world.app.acquire() as conn:
        change = conn.transaction()
        await change.start()
        await conn.execute(f"grant {grant} on {world.schema}.own_work to {world.security.reader}")
        with pytest.raises(PolicyMissing, match="own_work"):
            await world.security.check(conn, world.schema, TABLES)
        await change.rollback()
        await world.security.check(conn, world.schema, TABLES)


async def test_a_switch_of_generations_is_seen_at_the_next_snapshot(world: World) -> None:
    who = caller("auditor")
    async with world.reader.snapshot(who) as conn:
        assert await conn.fetchval("select count(*) from ledger") == 5
    async with world.app.acquire() as conn, conn.transaction():
        await conn.execute("create schema g0")
        await conn.execute("create table g0.ledger (amount text, other integer)")  # other columns for the same query
        await conn.execute(f"grant usage on schema g0 to {world.security.reader}")
        await conn.execute(f"grant select on g0.ledger to {world.security.reader}")
    reader = Reader(world.reader._pool, enter=_enter_of("g0"))
    async with world.reader.snapshot(who) as conn:
        assert len(await conn.fetch("select * from ledger")) == 5
    async with reader.snapshot(who) as conn:
        assert await conn.fetch("select * from ledger") == []
    await world.app.execute("drop schema g0 cascade")


def _enter_of(schema: str) -> str:
    from service.scope import ENTER

    return ENTER.replace("from projection.generation g", f"from (values ('{schema}')) as g (schema)")


async def test_the_writer_may_copy_into_a_scoped_table(world: World) -> None:
    """A large batch, and every slice of a rebuild, goes in by COPY, which PostgreSQL refuses whom a policy binds."""
    table = f"{world.schema}.ledger"
    async with world.app.acquire() as conn:
        known = dict(await conn.fetchrow(f"select * from {table} limit 1"))
        change = conn.transaction()
        await change.start()
        row = tuple((known | {"sequence": 99}).values())
        await conn.copy_records_to_table("ledger", schema_name=world.schema, records=[row], columns=list(known))
        assert await conn.fetchval(f"select count(*) from {table} where sequence = 99") == 1
        await change.rollback()
