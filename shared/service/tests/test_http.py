"""The HTTP rules of a small service: every bad request is a clear problem document, and nothing was changed."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from tiny import TINY, RememberingLog

from eventlog.position import Position
from eventlog.refusals import ClaimTaken, CommandReused, LogClosed, StaleVersion, Unreadable
from events.decider import Refused
from service.access import COOKIE, csrf_of
from service.problems import Problem
from service.routing import declared_routes
from service.testing import SECRET, bearer, settings_of
from service.tokens import issue

DEALER = "0190a6c2-0000-7000-8000-000000000001"
ORDER = {"number": "O-1", "amount": "12.50"}
CLERK = bearer("region_clerk", region="R1")
KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def log() -> RememberingLog:
    return RememberingLog()


@pytest.fixture
def app(log: RememberingLog) -> FastAPI:
    settings = settings_of(body_bytes=2048)
    return TINY.application(settings, runtime=TINY.runtime(settings, log=log))


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        yield client


async def post(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **options: Any) -> httpx.Response:
    options = options or {"json": ORDER}
    return await client.post(f"/dealers/{DEALER}/orders", headers=CLERK | KEY | (headers or {}), **options)


def said(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, which must be of that status and code."""
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (answer.status_code, body["type"], body["status"]) == (status, f"urn:dealerlog:problem:{code}", status), body
    assert body["title"] and body["detail"] and re.fullmatch("[0-9a-f]{32}", body["trace"])
    return body


async def test_a_write_answers_with_the_new_state_and_its_position(
    client: httpx.AsyncClient, log: RememberingLog
) -> None:
    answer = await post(client)
    assert answer.status_code == 201
    assert answer.json() == {"number": "O-1", "amount": "12.50", "position": "tiny:3:12:1"}
    assert (answer.headers["etag"], answer.headers["dealerlog-position"]) == ('"7"', "tiny:3:12:1")
    ((key, _, meta, expected),) = log.asked
    assert (key, meta.actor, expected) == (DEALER, "region-clerk", None)


AS_JSON = {"content-type": "application/json"}
BAD_BODIES: list[tuple[dict[str, Any], int, str]] = [
    ({"content": b"{", "headers": {"content-type": "application/json"}}, 400, "malformed-json"),
    ({"content": b'{"number":"a","number":"b","amount":"1"}', "headers": AS_JSON}, 400, "malformed-json"),
    ({"content": b'{"number":"a","amount":NaN}', "headers": AS_JSON}, 400, "malformed-json"),
    ({"content": b"[" * 2000, "headers": {"content-type": "application/json"}}, 400, "malformed-json"),
    ({"content": b"a=1", "headers": {"content-type": "text/plain"}}, 415, "wrong-media-type"),
    ({"content": b"{}"}, 415, "wrong-media-type"),
    ({"json": {"number": "O" * 3000, "amount": "1"}}, 413, "too-large"),
    ({"json": {"number": "O-1"}}, 422, "invalid"),
    ({"json": {"number": 5, "amount": "x"}}, 422, "invalid"),
    ({"json": ORDER | {"colour": "red"}}, 422, "invalid"),
    ({"json": ORDER | {"lines": [{"product": "p", "colour": "red"}]}}, 422, "invalid"),
    ({"json": ORDER, "params": {"colour": "red"}}, 422, "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "status", "code"), BAD_BODIES)
async def test_bad_input_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, log: RememberingLog, options: dict[str, Any], status: int, code: str
) -> None:
    said(await post(client, **{"headers": {}} | options), status, code)
    assert log.asked == []


async def test_each_wrong_field_is_pointed_at(client: httpx.AsyncClient) -> None:
    body = said(await post(client, json=ORDER | {"amount": "x", "lines": [{"product": "p", "c/d": 1}]}), 422, "invalid")
    assert [error["pointer"] for error in body["errors"]] == ["#/amount", "#/lines/0/c~1d"]


async def test_a_body_sent_in_pieces_is_bounded_too(client: httpx.AsyncClient, log: RememberingLog) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    said(await post(client, {"content-type": "application/json"}, content=pieces()), 413, "too-large")
    assert log.asked == []


async def test_fractions_are_read_exactly(client: httpx.AsyncClient, log: RememberingLog) -> None:
    content = b'{"number":"O-1","amount":12345678901234567.891}'
    await post(client, {"content-type": "application/json"}, content=content)
    assert log.asked[0][1].amount == Decimal("12345678901234567.891")


async def test_a_write_names_itself(client: httpx.AsyncClient) -> None:
    path = f"/dealers/{DEALER}/orders"
    said(await client.post(path, headers=CLERK, json=ORDER), 400, "idempotency-key-missing")
    said(await client.post(path, headers=CLERK | {"Idempotency-Key": " "}, json=ORDER), 400, "malformed-header")


async def test_a_repeat_is_the_same_command_and_other_content_is_told(
    client: httpx.AsyncClient, log: RememberingLog
) -> None:
    await post(client)
    await post(
        client, {"Idempotency-Key": '"k1"'}, json=ORDER | {"amount": "12.5", "lines": []}
    )  # the same, spelt otherwise
    await post(client, json=ORDER | {"amount": "13"})
    await client.post(f"/dealers/{uuid4()}/orders", headers=CLERK | KEY, json=ORDER)
    await post(client, {"Idempotency-Key": "k2"})
    first, same, other, elsewhere, second = (meta for _, _, meta, _ in log.asked)
    assert (same.command_id, same.request_hash) == (first.command_id, first.request_hash)
    assert other.command_id == first.command_id and other.request_hash != first.request_hash
    assert elsewhere.command_id == first.command_id and elsewhere.request_hash != first.request_hash
    assert second.command_id != first.command_id


async def test_two_callers_may_use_one_key(client: httpx.AsyncClient, log: RememberingLog) -> None:
    await post(client)
    await post(client, bearer("region_clerk", region="R1", login="another"))
    assert log.asked[0][2].command_id != log.asked[1][2].command_id


REFUSALS: list[tuple[Exception, int, str]] = [
    (StaleVersion("d/orders", 1, 2), 412, "stale-version"),
    (CommandReused("c"), 422, "idempotency-key-reused"),
    (ClaimTaken("name:x"), 409, "claim-taken"),
    (LogClosed(), 503, "log-closed"),
    (Unreadable(), 503, "unreadable"),
    (Refused("limit-exceeded", "Exceeds by 5.", by="5"), 409, "limit-exceeded"),
    (Refused("unknown-dealer", "No such dealer.", retryable=True), 409, "unknown-dealer"),
    (ConnectionResetError(), 503, "temporarily-unavailable"),
]


@pytest.mark.parametrize(("error", "status", "code"), REFUSALS)
async def test_what_the_log_refuses_is_a_problem(
    client: httpx.AsyncClient, log: RememberingLog, error: Exception, status: int, code: str
) -> None:
    log.error = error
    answer = await post(client)
    body = said(answer, status, code)
    assert (code != "limit-exceeded") or body["by"] == "5"
    assert ("retry-after" in answer.headers) == (status == 503 or code == "unknown-dealer")


async def test_an_edit_names_the_version_it_saw(client: httpx.AsyncClient, log: RememberingLog) -> None:
    async def put(**match: str) -> httpx.Response:
        return await client.put(
            "/orders/O-1", headers=CLERK | KEY | ({"If-Match": match["m"]} if match else {}), json=ORDER
        )

    said(await put(), 428, "if-match-missing")
    said(await put(m='W/"7"'), 412, "stale-version")
    for wrong in ("*", "7", '"x"', '"1", "2"'):
        said(await put(m=wrong), 400, "malformed-header")
    assert log.asked == []
    assert (await put(m='"7"')).status_code == 200
    assert log.asked[0][3] == 7


async def test_nobody_comes_in_without_a_token_and_authority(client: httpx.AsyncClient, log: RememberingLog) -> None:
    path = f"/dealers/{DEALER}/orders"
    stranger = await client.post(path, headers=KEY, content=b"{")  # who asks comes before what is asked
    said(stranger, 401, "unauthenticated")
    assert stranger.headers["www-authenticate"].startswith("Bearer")
    said(await client.get("/orders/1", headers={"Authorization": "Basic eDp5"}), 401, "unauthenticated")
    said(await client.get("/orders/1", headers={"Authorization": "Bearer x.y.z"}), 401, "invalid-token")
    body = said(await client.post(path, headers=bearer("auditor") | KEY, json=ORDER), 403, "forbidden")
    assert body["permission"] == "order.place"
    assert log.asked == []


async def test_every_route_refuses_every_role_that_lacks_its_permission(
    app: FastAPI, client: httpx.AsyncClient
) -> None:
    holders = {
        permission: {role for role, of in TINY.held.items() if permission in of}
        for _, _, permission in declared_routes(app)
        if permission
    }
    checked = 0
    for method, path, permission in declared_routes(app):
        for role, reach in {"auditor": None, "region_clerk": "region", "operator": None, "importer": None}.items():
            if permission and role not in holders[permission]:
                concrete = re.sub(r"{\w+}", DEALER, path)
                scope = {reach: "R1"} if reach else {}
                said(await client.request(method, concrete, headers=bearer(role, **scope) | KEY), 403, "forbidden")
                checked += 1
    assert checked >= 8


async def test_a_failure_tells_its_trace_and_nothing_else(client: httpx.AsyncClient) -> None:
    answer = await client.get("/orders/broken", headers=CLERK)
    said(answer, 500, "internal")
    assert "secret" not in answer.text and "Traceback" not in answer.text
    assert said(await client.get("/orders/down", headers=CLERK), 503, "temporarily-unavailable")


async def test_what_is_not_there_is_a_problem_too(client: httpx.AsyncClient) -> None:
    said(await client.get("/nowhere"), 404, "not-found")
    said(await client.get("/orders/hidden", headers=CLERK), 404, "not-found")
    answer = await client.delete("/orders/1", headers=CLERK)
    said(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["allow"]


async def test_a_page_writes_only_with_its_csrf_token(client: httpx.AsyncClient, log: RememberingLog) -> None:
    token = issue("region_clerk", secret=SECRET, region="R1")
    path, cookie = f"/dealers/{DEALER}/orders", {"Cookie": f"{COOKIE}={token}"}
    said(await client.post(path, headers=cookie | KEY, json=ORDER), 403, "csrf")
    right = {"X-CSRF-Token": csrf_of(token)}
    said(
        await client.post(path, headers=cookie | KEY | right | {"Sec-Fetch-Site": "cross-site"}, json=ORDER),
        403,
        "csrf",
    )
    assert log.asked == []
    assert (await client.post(path, headers=cookie | KEY | right, json=ORDER)).status_code == 201
    assert (await client.get("/orders/1", headers=cookie)).status_code == 200


async def test_a_presented_position_is_waited_for_by_reads_and_writes(
    app: FastAPI, client: httpx.AsyncClient, log: RememberingLog
) -> None:
    waited: list[tuple[list[Position], float]] = []

    async def wait(positions: list[Position], timeout_seconds: float) -> None:
        waited.append((positions, timeout_seconds))
        if positions[0].sequence > 100:
            raise Problem("not-yet-visible", lag_events=5)

    app.state.runtime.waiting = wait
    at_least = {"Dealerlog-Position-At-Least": "tiny:1:2:1, credit-rating:0:9:2"}
    assert (await client.get("/orders/1", headers=CLERK | at_least)).status_code == 200
    await post(client, at_least)
    assert [p for p, _ in waited] == [[Position("tiny", 1, 2, 1), Position("credit-rating", 0, 9, 2)]] * 2
    late = said(await post(client, {"Dealerlog-Position-At-Least": "tiny:1:999:1"}), 504, "not-yet-visible")
    assert late["lag_events"] == 5 and len(log.asked) == 1
    said(await post(client, {"Dealerlog-Position-At-Least": "nonsense"}), 400, "malformed-header")


async def test_a_caller_who_asks_too_fast_is_slowed_down(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.runtime.rates._rate, app.state.runtime.rates._burst = 0.001, 2
    statuses = [(await client.get("/orders/1", headers=CLERK)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert (await client.get("/orders/1", headers=bearer("auditor"))).status_code == 200


async def test_the_local_issuer_signs_in_to_its_own_pages_only(client: httpx.AsyncClient) -> None:
    form = {"role": "region_clerk", "code": "R1", "next": "//evil.example/"}
    answer = await client.post("/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert (await client.post("/login", data={"role": "region_clerk"})).status_code == 422
    said(await client.post("/login", data=form, headers={"Sec-Fetch-Site": "cross-site"}), 403, "csrf")
    for name in ("evil.example:8017", "127.0.0.1.evil.example", "192.168.1.7"):
        said(await client.post("/login", data=form, headers={"Host": name}), 403, "csrf")
        said(await client.get("/login", headers={"Host": name}), 403, "csrf")
    assert (await client.get("/login", headers={"Host": "[::1]:8017"})).status_code == 200


async def test_the_api_documents_itself_offline(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    place = document["paths"]["/dealers/{dealer}/orders"]["post"]
    assert place["x-permission"] == "order.place" and {"bearer": []} in place["security"]
    assert {"Idempotency-Key"} <= {parameter["name"] for parameter in place["parameters"] if parameter["required"]}
    assert "application/problem+json" in place["responses"]["422"]["content"]
    page = (await client.get("/docs")).text
    assert "order.place" in page and "//" not in re.sub(r"<!.*?>", "", page).replace("http://", "")


async def test_a_stranger_who_opens_a_page_signs_in_first_and_comes_back(client: httpx.AsyncClient) -> None:
    away = await client.get("/orders-page?month=2026-01")
    assert (away.status_code, away.headers["location"]) == (303, "/login?next=/orders-page%3Fmonth%3D2026-01")
    form = {"role": "region_clerk", "code": "R1", "login": "li", "next": "/orders-page?month=2026-01"}
    back = await client.post("/login", data=form)
    assert back.headers["location"] == "/orders-page?month=2026-01"
    opened = await client.get(back.headers["location"])  # the client keeps the cookie
    assert (opened.status_code, opened.text) == (200, "<p>li</p>")


@pytest.mark.parametrize(
    ("prefix", "servers"),
    [("/credit-rating", [{"url": "/credit-rating"}]), ("//evil.example", None), ("https://evil.example", None)],
)
async def test_behind_a_proxy_the_api_names_the_prefix_as_its_server(
    client: httpx.AsyncClient, prefix: str, servers: object
) -> None:
    answer = await client.get("/openapi.json", headers={"X-Forwarded-Prefix": prefix})
    assert answer.json().get("servers") == servers
    assert 'href="openapi.json"' in (await client.get("/docs")).text
