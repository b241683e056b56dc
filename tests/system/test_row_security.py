"""Law 8 with every query filter taken away: row-level security alone, asked as the role that requests read with."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from serving import OWN, foreign_dealers
from varied import DEALERS

from dealerlog.fleet import MEMBERS
from eventlog.projection import HIDDEN

SERVICES = sorted(MEMBERS)


async def rows_seen(served: Any, name: str, **scope: str) -> list[Any]:
    """`select *` as the reader's role: what row-level security alone lets through."""
    connection = await asyncpg.connect(served.reader_url)
    try:
        async with connection.transaction():
            for setting, value in scope.items():
                await connection.execute("select set_config($1, $2, true)", f"dealerlog.{setting}", value)
            return [dict(row) for row in await connection.fetch(f'select * from {served.schema}."{name}"')]
    finally:
        await connection.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_without_any_query_filter_no_foreign_row_comes_and_without_a_scope_none(served, service):
    here, seen, held_back, asked = await served(service), 0, 0, 0
    for each in here.service.tables:
        if each.scope == HIDDEN or (each.scope is None and each.name != "dealer_scope"):
            continue
        assert await rows_seen(here, each.name) == [], f"{each.name} without a scope"
        everything = await rows_seen(here, each.name, reach="company")
        for reach in ("territory", "branch", "region"):
            rows = await rows_seen(here, each.name, reach=reach, **{reach: OWN[reach]})
            foreign = [dealer for dealer in foreign_dealers(reach) if dealer in str(rows)]
            assert foreign == [], f"{each.name} as {reach} {OWN[reach]}"
            assert await rows_seen(here, each.name, reach=reach, **{reach: "nowhere"}) == [], each.name
            seen += len(rows)
            asked += bool(everything)
            held_back += len(rows) < len(everything)
    assert seen and held_back > asked / 2, "what varied logs hold lies within the scopes and outside of them"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_table_that_everybody_sees_names_no_dealer(served, service):
    here = await served(service)
    for each in here.service.tables:
        if each.scope is None and each.name != "dealer_scope":
            rows = str(await here.pool.fetch(f'select * from {here.schema}."{each.name}"'))
            assert [dealer for dealer in DEALERS if dealer in rows] == [], each.name


async def test_a_table_that_is_hidden_is_readable_in_no_scope(served):
    here, hidden = await served("credit-rating"), []
    for each in here.service.tables:
        if each.scope == HIDDEN:
            for scope in ({}, {"reach": "company"}):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await rows_seen(here, each.name, **scope)
            assert await here.pool.fetchval(f'select count(*) from {here.schema}."{each.name}"'), each.name
            hidden.append(each.name)
    assert hidden == ["due"]


async def test_whom_a_run_left_out_is_seen_by_the_dealers_own_scope_only(served):
    here = await served("credit-rating")
    everything = {str(row["dealer"]) for row in await rows_seen(here, "run_exclusion", reach="company")}
    assert everything & set(foreign_dealers("region"))
    for reach in ("territory", "branch", "region"):
        rows = await rows_seen(here, "run_exclusion", reach=reach, **{reach: OWN[reach]})
        assert {str(row["dealer"]) for row in rows} == everything - set(foreign_dealers(reach))


async def test_a_table_whose_policy_was_taken_away_is_found(served):
    """The test above can fail: without its policy a table shows foreign rows."""
    here = await served("credit-rating")
    table = f"{here.schema}.ledger_entry"
    await here.pool.execute(f"alter table {table} disable row level security")
    try:
        rows = str(await rows_seen(here, "ledger_entry", reach="territory", territory=OWN["territory"]))
        assert [dealer for dealer in foreign_dealers("territory") if dealer in rows]
    finally:
        await here.pool.execute(f"alter table {table} enable row level security")
