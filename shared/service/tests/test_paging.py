"""Pages: every row once and in order, whatever is added meanwhile; a cursor opens its own list only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from service.app import Service
from service.context import Read
from service.paging import Keyset, Page, PageOf, PageRequest, sign, unsign
from service.problems import Problem
from service.routing import Router
from service.testing import bearer, settings_of

BY_NAME = Keyset("name", "number")
ROWS = [{"name": f"n{i // 3}", "number": i} for i in range(25)]
router = Router("rows")


class RowView(BaseModel):
    name: str
    number: int


@router.get("/rows", permission="row.read", answers=Page[RowView])
async def rows(read: Read, page: PageOf, colour: str | None = None) -> Page[RowView]:
    """Rows as SQL would give them."""
    after = BY_NAME.values(page)
    found = [row for row in ROWS if not after or BY_NAME.keys(row) > after]
    return page.of(found[: page.limit + 1], BY_NAME, RowView)


def client() -> httpx.AsyncClient:
    service = Service(name="tiny", title="Tiny", routers=[router], permissions={"row.read": ("auditor",)})
    app = service.application(settings_of(), runtime=service.runtime(settings_of()))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tiny", headers=bearer("auditor"))


async def test_following_the_links_meets_every_row_once() -> None:
    async with client() as http:
        path, met = "/rows?limit=7&colour=red", []
        while path:
            answer = await http.get(path)
            met += answer.json()["items"]
            path = answer.links.get("next", {}).get("url", "")
        assert met == ROWS


async def test_a_cursor_that_was_altered_or_belongs_elsewhere_is_refused() -> None:
    async with client() as http:
        cursor = (await http.get("/rows?limit=5")).json()["next"]
        for wrong in (f"/rows?cursor={cursor[:-2]}AA", "/rows?cursor=!", f"/rows?colour=red&cursor={cursor}"):
            answer = await http.get(wrong)
            assert (answer.status_code, answer.json()["type"]) == (400, "urn:dealerlog:problem:invalid-cursor")
        assert (await http.get(f"/rows?limit=9&cursor={cursor}")).status_code == 200  # another size is no other list


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1"])
async def test_a_page_is_bounded(limit: str) -> None:
    async with client() as http:
        assert (await http.get(f"/rows?limit={limit}")).status_code == 422


KEYS = st.one_of(st.text(), st.integers(), st.uuids(), st.dates(), st.datetimes(), st.booleans(),
                 st.decimals(allow_nan=False, allow_infinity=False))  # fmt: skip


@given(st.tuples(KEYS, KEYS))
def test_a_cursor_gives_back_the_very_keys(keys: tuple[Any, ...]) -> None:
    back = unsign(sign(keys, b"secret", "list"), b"secret", "list")
    assert back == keys and [type(key) for key in back] == [type(key) for key in keys]
    with pytest.raises(Problem):
        unsign(sign(keys, b"other", "list"), b"secret", "list")


def test_the_condition_numbers_its_parameters_and_knows_its_direction() -> None:
    keys = (date(2026, 1, 1), UUID(int=1), Decimal(1))
    page = PageRequest(limit=5, keys=keys[:2], secret=b"")
    assert Keyset("on", "d.dealer", descending=True).after(page, 3) == "(on, d.dealer) < ($3, $4)"
    assert Keyset("on", "d.dealer").after(PageRequest(limit=5, keys=None, secret=b""), 3) == "true"
    with pytest.raises(Problem):
        Keyset("on").after(page, 1)
