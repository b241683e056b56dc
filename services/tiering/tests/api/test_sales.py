"""A sale line counts once, however often and however it comes, and only a reversal takes it back (domain.md 0, 3.1)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from service.permissions import ROLES
from service.routing import declared_routes
from service.testing import bearer
from tiering import recording
from tiering.app import SERVICE

from .conftest import AUDITOR, BRANCH_1, FEED, WANG, World, line, said

ANY = "0190a6c2-0000-7000-8000-000000000001"
OPERATOR = bearer("operator", login="ops")


@pytest.fixture(scope="module")
async def dealer(world: World) -> str:
    return await world.dealer("S-1")


async def test_a_line_is_recorded_once_by_whichever_way_it_comes(world: World, dealer: str) -> None:
    first = await world.post("/sales", line("S-1", "I-1", "19.99", quantity="3"), who=FEED)
    assert (first.status_code, first.json()["verdict"]) == (201, "accepted")
    again = await world.post("/sales", line("S-1", "I-1", "19.990", quantity="3.0", dealer=dealer), who=FEED)
    assert (again.json()["verdict"], again.json()["event"]) == ("duplicate", first.json()["event"])
    *rows, summary = await world.bulk(
        [
            line("S-1", "I-1", "19.99", quantity="3", kind="sale"),
            line("S-1", "I-1", "19.99", quantity="3", kind="sale", line=2),
        ]
    )
    assert [row["verdict"] for row in rows] == ["duplicate", "accepted"]
    assert rows[0]["position"] == first.json()["position"] and summary["summary"]["accepted"] == 1
    shown = (await world.get(f"/dealers/{dealer}/sales", who=WANG)).json()["items"]
    assert [(row["line"], row["amount"]) for row in shown] == [(2, "59.97"), (1, "59.97")]


async def test_a_return_is_no_sale_and_counts_against_it(world: World, dealer: str) -> None:
    await world.post("/sales", line("S-1", "I-2", "50", sold_on="2025-07-01"), who=FEED)
    back = await world.post("/returns", line("S-1", "I-2", "50", sold_on="2025-07-05"), who=FEED)
    assert back.json()["verdict"] == "accepted"
    query = {"from": "2025-07-01", "to": "2025-07-31"}
    shown = (await world.get(f"/dealers/{dealer}/sales", **query)).json()["items"]
    assert [(row["kind"], row["amount"], row["quantity"]) for row in shown] == [
        ("return", "-50", "-1"),
        ("sale", "50", "1"),
    ]


async def test_a_line_taken_back_may_come_again_and_counts_once(world: World, dealer: str) -> None:
    one = line("S-1", "I-3", "70", sold_on="2025-08-01")
    for round_ in range(3):
        recorded = await world.post("/sales", one, who=FEED)
        assert recorded.json()["verdict"] == "accepted", round_
        assert (await world.post("/sales", one, who=FEED)).json()["verdict"] == "duplicate"
        path = f"/dealers/{dealer}/sales/{recorded.json()['event']}/reverse"
        assert (await world.post(path, {"reason": "posted twice"}, who=OPERATOR)).json()["verdict"] == "accepted"
        assert (await world.post(path, {"reason": "posted twice"}, who=OPERATOR)).json()["verdict"] == "duplicate"
    other = line("S-1", "I-3", "70", sold_on="2025-08-02")  # the same line with another date, after it was taken back
    assert (await world.post("/sales", other, who=FEED)).json()["verdict"] == "accepted"
    shown = (await world.get(f"/dealers/{dealer}/sales", **{"from": "2025-08-01", "to": "2025-08-31"})).json()["items"]
    assert [row["reversed"] for row in shown] == [False, True, True, True]


BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "malformed-json"),
    ({"json": line("nobody", "X-1")}, 409, "unknown-dealer"),
    ({"json": line("S-1", "X-1", dealer=ANY)}, 409, "unknown-dealer"),
    ({"json": line("S-1", "X-1", "-5")}, 422, "invalid"),
    ({"json": line("S-1", "X-1", quantity="0")}, 422, "invalid"),
    ({"json": line("S-1", "X-1", quantity="-2")}, 422, "invalid"),
    ({"json": line("S-1", "X-1", quantity=[1])}, 422, "invalid"),
    ({"json": line("S-1", "X-1", "999999999", quantity="999999999")}, 422, "amount-absurd"),
    ({"json": line("S-1", "X-1", currency="USD")}, 422, "currency-other"),
    ({"json": line("S-1", "X-1", sold_on="2026-01-12")}, 422, "date-in-future"),
    ({"json": line("S-1", "X-1", sold_on="yesterday")}, 422, "invalid"),
    ({"json": line("S-1", "X-1", colour="red")}, 422, "invalid"),
    ({"json": line("S-1", "I-1", "19.99", quantity="3", sold_on="2025-06-02")}, 409, "document-conflict"),
    ({"json": line("S-1", "X" * 30_000)}, 413, "too-large"),
]


async def test_bad_input_is_a_clear_problem_and_changes_nothing(world: World, dealer: str) -> None:
    before = await world.events()
    for options, status, code in BAD:
        said(await world.post("/sales", who=FEED, **options), status, code)
    said(await world.post("/sales", line("S-1", "X-1"), who={}), 401, "unauthenticated")
    said(await world.post("/sales", line("S-1", "X-1"), who=AUDITOR), 403, "forbidden")
    foreign = bearer("region_clerk", region="R9")
    said(await world.post("/sales", line("S-1", "X-1"), who=foreign), 409, "unknown-dealer")
    rows = [line("S-1", "X-1", currency="USD", kind="sale"), line("nobody", "X-1", kind="sale"),
            line("S-1", "X-1", kind="gift"), line("S-1", "X-1"), "{"]  # fmt: skip
    *verdicts, summary = await world.bulk(rows)
    assert [row["code"] for row in verdicts] == ["currency-other", "unknown-dealer", "invalid", "invalid", "invalid"]
    assert verdicts[1]["retry"] and summary["summary"]["rejected"] == 5
    assert await world.events() == before


async def test_lines_of_a_foreign_territory_are_not_there(world: World, dealer: str) -> None:
    recorded = (await world.get(f"/dealers/{dealer}/sales", who=BRANCH_1)).json()["items"][0]["event"]
    for who in (bearer("sales_representative", territory="T2"), bearer("branch_manager", branch="B2")):
        said(await world.get(f"/dealers/{dealer}/sales", who=who), 404, "not-found")
        said(await world.get(f"/dealers/{dealer}/class", who=who), 404, "not-found")
        said(await world.get(f"/dealers/{dealer}/visits-due", who=who), 404, "not-found")
    path = f"/dealers/{dealer}/sales/{ANY}/reverse"
    said(await world.post(path, {"reason": "no such line"}, who=OPERATOR), 404, "not-found")
    said(await world.post(f"/dealers/{ANY}/sales/{recorded}/reverse", {"reason": "x"}, who=OPERATOR), 404, "not-found")


async def test_every_route_refuses_every_role_that_lacks_its_permission(world: World) -> None:
    app = world.http._transport.app  # type: ignore[attr-defined]
    before, refused = await world.events(), 0
    for method, path, permission in declared_routes(app):
        for role, reach in ROLES.items():
            if permission and permission not in SERVICE.held[role]:
                headers = bearer(role, **({} if reach == "company" else {reach: "X"})) | {"Idempotency-Key": "k"}
                said(await world.http.request(method, re.sub(r"{\w+}", ANY, path), headers=headers), 403, "forbidden")
                refused += 1
    assert refused > 30 and await world.events() == before


async def test_a_repeat_of_a_request_is_answered_as_the_first_time_and_its_key_takes_nothing_else(
    world: World, dealer: str
) -> None:
    one = line("S-1", "I-9", "70", sold_on="2025-10-01")
    first = await world.post("/sales", one, who=FEED, key="once")
    path = f"/dealers/{dealer}/sales/{first.json()['event']}/reverse"
    assert (await world.post(path, {"reason": "posted twice"}, who=OPERATOR)).status_code == 201
    again = await world.post("/sales", one, who=FEED, key="once")
    assert again.json() == first.json(), "though it was taken back since"
    for other in (line("S-1", "I-10", "70", sold_on="2025-10-01"), line("S-1", "I-9", "70", sold_on="2025-10-02")):
        reused = await world.post("/sales", other, who=FEED, key="once")
        assert (reused.status_code, reused.json()["type"]) == (422, "urn:dealerlog:problem:idempotency-key-reused")
    shown = (await world.get(f"/dealers/{dealer}/sales", **{"from": "2025-10-01", "to": "2025-10-31"})).json()["items"]
    assert [row["reversed"] for row in shown] == [True]


async def test_a_line_taken_back_as_often_as_can_be_is_refused(
    world: World, dealer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "MOST_REVISIONS", 2)
    one = line("S-1", "I-11", "70", sold_on="2025-11-01")
    for _ in range(2):
        path = f"/dealers/{dealer}/sales/{(await world.post('/sales', one, who=FEED)).json()['event']}/reverse"
        assert (await world.post(path, {"reason": "posted twice"}, who=OPERATOR)).status_code == 201
    said(await world.post("/sales", one, who=FEED), 409, "taken-back-too-often")
