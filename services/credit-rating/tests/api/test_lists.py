"""Every list: any order and any size of page gives each row exactly once; filters narrow to what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from credit_rating.api import ageing, delegations, entries, grades, limit_overrides, limits, orders, reviews, runs
from service.listing import Listing

DIRECTOR = {"role": "regional_director", "region": "R1", "login": "lin.tao"}
TODAY = date(2026, 6, 30)


@pytest.fixture(scope="module")
async def busy(world: Any, rows: Any) -> AsyncIterator[Any]:
    """Dealers with everything that is listed, ties and NULLs among it."""
    dealers = [await world.dealer(f"71{n:02}", name=f"同名 {n // 2}", survey="2026-05-01") for n in range(4)]
    unsurveyed = [await world.dealer(f"72{n:02}", survey=None) for n in range(2)]
    for n, dealer in enumerate(dealers[:2]):
        await world.trade(dealer, f"71{n:02}", months=4)
    late = TODAY - timedelta(days=90)
    owed = [rows.invoice(f"710{n}", f"L{n}", "100.00", late) for n in (2, 2, 3)]
    await world.bulk([*owed, rows.payment("7103", "A1", "40.00", TODAY)])
    for day in (TODAY - timedelta(days=30), TODAY):
        run = await world.rate(as_of=day)
    for n in range(4):
        limit = (await world.get(f"/dealers/{dealers[0]}/limit")).headers["etag"]
        body = {"limit": ["900.00", "50.00"][n % 2], "last_day": f"2026-0{7 + n % 2}-31", "reason": "Season."}
        said = await world.post(f"/dealers/{dealers[0]}/limit-override", body, etag=limit, **DIRECTOR)
        assert said.status_code == 201, said.text
        span = {"first_day": f"2026-07-0{1 + n % 2}", "last_day": "2026-07-14", "reason": "Leave."}
        given = await world.post("/delegations", span | {"to": f"zhou.{n % 3}"}, **DIRECTOR)
        assert given.status_code == 201, given.text
        await world.follow()
        async with world.following():
            order = {"number": f"O{n}", "amount": ["10.00", "9999999.00"][n % 2], "currency": "CNY"}
            placed = await world.post(f"/dealers/{dealers[n // 2]}/orders", order, "branch_manager", branch="B1")
            assert placed.status_code == 201, placed.text
    await world.follow()
    yield {"dealer": dealers[0], "owing": dealers[2], "run": run, "unsurveyed": unsurveyed, "world": world}


LISTS: dict[str, Listing] = {
    "/receivables/ageing": ageing.AGEING,
    "/dealers/{dealer}/ledger": entries.ENTRIES,
    "/dealers/{dealer}/orders": orders.OF_ONE,
    "/orders": orders.ALL,
    "/credit-reviews": reviews.REVIEWS,
    "/dealers/{dealer}/grades": grades.OF_ONE,
    "/grades": grades.ALL,
    "/dealers/{dealer}/limits": limits.LIMITS,
    "/dealers/{dealer}/limit-overrides": limit_overrides.OVERRIDES,
    "/rating-runs": runs.RUNS,
    "/rating-runs/{run}/excluded": runs.EXCLUDED,
    "/delegations": delegations.DELEGATIONS,
}


async def all_of(world: Any, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every row, page by page."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await world.get(path, query=query | cursor)
        assert answer.status_code == 200, (path, query, answer.text)
        found += answer.json()["items"]
        if (following := answer.json()["next"]) is None:
            return found
        cursor = {"cursor": following}


@pytest.mark.parametrize("path", LISTS)
async def test_any_order_gives_every_row_once_page_by_page(busy: Any, path: str) -> None:
    listing, where, world = LISTS[path], path.format_map(busy), busy["world"]
    every = Counter(map(str, await all_of(world, where, limit=200)))
    assert sum(every.values()) >= 2 and set(every.values()) == {1}, "a list of fewer rows shows nothing"
    for sort in listing.sorts:
        for descending in (False, True):
            whole = await all_of(world, where, sort=sort, descending=descending, limit=200)
            assert Counter(map(str, whole)) == every
            require_sorted([row.get(sort) for row in whole], descending)
            paged = await all_of(world, where, sort=sort, descending=descending, limit=2)
            assert paged == whole, (sort, descending)


def require_sorted(values: list[Any], descending: bool) -> None:
    """NULLs last; figures and dates in order (the order of words is the database's)."""
    known = [value for value in values if value is not None]
    assert values[: len(known)] == known, "NULL comes last in both directions"
    try:
        figures: list[Any] = [Decimal(str(value)) for value in known]
    except InvalidOperation:
        figures = [date.fromisoformat(value) for value in known] if all(map(is_day, known)) else []
    assert figures == sorted(figures, reverse=descending)


def is_day(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-"


@pytest.mark.parametrize("path, query, holds", [
    ("/dealers/{owing}/ledger", {"kind": "invoice", "source": "ERP"}, lambda row: row["kind"] == "invoice"),
    ("/dealers/{dealer}/ledger", {"dated_from": "2026-05-01", "dated_to": "2026-05-31"},
     lambda row: row["dated"][:7] == "2026-05"),
    ("/orders", {"state": "held"}, lambda row: row["state"] == "held"),
    ("/grades", {"region": "R1", "territory": "T1", "branch": "B1"}, lambda row: row["grade"] in range(1, 6)),
    ("/grades", {"on": "2026-06-01"}, lambda row: row["as_of"] == "2026-05-31"),
    ("/dealers/{dealer}/limit-overrides", {"on": "2026-08-01", "by": "lin.tao"}, lambda row: row["last_day"][6] == "8"),
    ("/delegations", {"to": "zhou.1", "on": "2026-07-02"}, lambda row: row["to"] == "zhou.1"),
    ("/rating-runs", {"as_of_from": "2026-06-30", "state": "completed"}, lambda row: row["as_of"] == "2026-06-30"),
    ("/rating-runs/{run}/excluded", {"reason": "survey-missing"}, lambda row: row["reason"] == "survey-missing"),
    ("/credit-reviews", {"stage": "graded", "late": False}, lambda row: row["stage"] == "graded"),
    ("/receivables/ageing", {"overdue": True}, lambda row: Decimal(row["past_due"]) > 0),
    ("/receivables/ageing", {"owing": True, "region": "R1"}, lambda row: Decimal(row["balance"]) != 0),
])  # fmt: skip
async def test_a_filter_leaves_the_rows_that_it_says(busy: Any, path: str, query: dict[str, Any], holds: Any) -> None:
    found = await all_of(busy["world"], path.format_map(busy), **query, limit=2)
    assert found and all(holds(row) for row in found), found
    on = {"on": query["on"]} if path == "/grades" and "on" in query else {}
    every = await all_of(busy["world"], path.format_map(busy), **on)
    assert [row for row in every if holds(row)] == [row for row in every if row in found]


async def test_the_totals_of_ageing_are_those_of_the_dealers_that_the_filters_leave(busy: Any) -> None:
    world = busy["world"]
    for query in ({"overdue": "true"}, {"region": "R1"}, {"territory": "T9"}, {"owing": "true", "sort": "balance"}):
        said = (await world.get("/receivables/ageing", query=query | {"limit": 200})).json()
        for name in ("balance", "past_due"):
            assert Decimal(said["totals"][name]) == sum(Decimal(row[name]) for row in said["items"]), query
        assert Decimal(said["totals"]["balance"]) == sum(Decimal(c["amount"]) for c in said["totals"]["columns"])
