"""Lists: whatever the order, the filters and the size of a page, every row comes exactly once, NULLs and ties too."""

from __future__ import annotations

from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import Depends
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from service.app import Service
from service.context import Read
from service.list_files import Exports
from service.listing import Asked, Listing, at_least, equals
from service.paging import Page, PageRequest
from service.routing import Router
from service.testing import bearer, settings_of

ROWS: list[dict[str, Any]] = [
    {"number": n, "colour": [None, "red", "green"][n % 3], "weight": [None, 5, 5, 1, 9][n % 5]} for n in range(25)
]
VALUES = ", ".join(
    f"({row['number']}, {row['weight'] or 'null'}, {repr(row['colour']) if row['colour'] else 'null'})" for row in ROWS
)


class RowView(BaseModel):
    number: int
    colour: str | None
    weight: int | None


THINGS = Listing(
    f"select number, weight, colour from (values {VALUES}) as v (number, weight, colour) where number < $1",
    RowView,
    key=("number",),
    sorts=("number", "colour", "weight"),
    nullable=("colour", "weight"),
    default="-weight",
    filters={"colour": equals("colour"), "from_number": at_least("number", int)},
)
router = Router("things")


@router.get("/things", permission="thing.read", answers=Page[RowView])
async def things(read: Read, asked: Annotated[Asked, Depends(THINGS.asked)]) -> Page[RowView]:
    """Rows that were computed."""
    wanted = [row for row in ROWS if row["colour"] == asked.filters.get("colour", row["colour"])]
    return asked.page(asked.of_computed(wanted), RowView)


def client() -> httpx.AsyncClient:
    service = Service(
        name="tiny", title="Tiny", routers=[router], permissions={"thing.read": ("auditor",)},
        exports=Exports(decider=None, command=RowView),  # nothing is exported here: test_list_files.py
    )  # fmt: skip
    app = service.application(settings_of(), runtime=service.runtime(settings_of()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiny", headers=bearer("auditor"))


def asked(sort: str, descending: bool, limit: int, keys: tuple[Any, ...] | None, **filters: Any) -> Asked:
    return Asked(THINGS, PageRequest(limit=limit, keys=keys, secret=b"s"), sort, descending, filters)


@given(
    st.lists(st.tuples(st.integers(0, 4) | st.none(), st.integers(0, 3) | st.none()), max_size=12),
    st.sampled_from(THINGS.sorts), st.booleans(), st.integers(1, 5),
)  # fmt: skip
def test_every_computed_row_is_on_exactly_one_page(
    made: list[tuple[Any, Any]], sort: str, descending: bool, limit: int
) -> None:
    rows = [{"number": n, "colour": colour, "weight": weight} for n, (colour, weight) in enumerate(made)]
    met: list[Any] = []
    keys = None
    while True:
        one = asked(sort, descending, limit, keys)
        page = one.of_computed(rows)
        met += page[:limit]
        if len(page) <= limit:
            break
        keys = one.keys(page[limit - 1])
    assert met == asked(sort, descending, len(rows) + 1, None).of_computed(rows)
    assert sorted(row["number"] for row in met) == [row["number"] for row in rows]
    known = [row[sort] for row in met if row[sort] is not None]
    assert known == sorted(known, reverse=descending) and all(row[sort] is not None for row in met[: len(known)])


async def test_the_statement_gives_the_same_pages_as_the_rule(module_database: Any) -> None:
    urls = await module_database("listing")
    conn = await asyncpg.connect(urls.owner)
    try:
        for sort in THINGS.sorts:
            for descending in (False, True):
                for limit in (1, 4, 30):
                    keys = None
                    while True:
                        one = asked(sort, descending, limit, keys, from_number=2)
                        page = await one.rows(conn, 20)
                        assert page == one.of_computed(ROWS[2:20]), (sort, descending, limit, keys)
                        if len(page) <= limit:
                            break
                        keys = one.keys(page[limit - 1])
    finally:
        await conn.close()


async def test_following_the_links_meets_every_row_once_in_the_order_asked_for() -> None:
    async with client() as http:
        for query in ("", "sort=colour&", "sort=weight&descending=false&", "colour=red&", "sort=number&descending=1&"):
            path, met = f"/things?{query}limit=3", []
            while path:
                answer = await http.get(path)
                met += answer.json()["items"]
                path = answer.links.get("next", {}).get("url", "")
            assert met == (await http.get(f"/things?{query}limit=200")).json()["items"], query
            assert len(met) == (8 if "red" in query else 25)
        first = (await http.get("/things?limit=1")).json()["items"]
        assert first == [ROWS[24]], "the default order is the declared one: the heaviest first, ties the same way"


async def test_a_cursor_of_another_order_or_filter_is_refused_and_says_so() -> None:
    async with client() as http:
        cursor = (await http.get("/things?sort=weight&limit=2")).json()["next"]
        for other in ("sort=colour", "sort=weight&descending=true", "sort=weight&colour=red"):
            answer = await http.get(f"/things?{other}&cursor={cursor}")
            assert (answer.status_code, answer.json()["type"]) == (400, "urn:dealerlog:problem:invalid-cursor")
            assert "another list, order or filter" in answer.json()["detail"]


@pytest.mark.parametrize("query, name, says", [
    ("sort=size", "sort", "'number', 'colour' or 'weight'"), ("shape=round", "shape", None),
    ("from_number=x", "from_number", "integer"), ("colour=" + "x" * 201, "colour", "200"),
])  # fmt: skip
async def test_an_order_or_filter_that_is_not_declared_is_refused_by_its_name(
    query: str, name: str, says: str | None
) -> None:
    async with client() as http:
        answer = await http.get(f"/things?{query}")
    (error,) = answer.json()["errors"]
    assert answer.status_code == 422 and (error["in"], error["name"]) == ("query", name)
    assert says is None or says in error["detail"]


def test_a_list_declares_its_own_orders_only() -> None:
    with pytest.raises(TypeError, match="size is no order"):
        Listing("select 1", RowView, key=("number",), sorts=("number",), default="size")
