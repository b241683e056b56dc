"""Every write of every application refuses what is no request, before it touches anything: nothing answers behind it.

What single fields may hold is tested with each service; this is what no route may forget.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from foreign_writes import WRITES
from who_may import HELD, OF_EVERY_SERVICE, ROLES

from dealerlog.fleet import MEMBERS
from service.declaring import JSON, Declaration
from service.routing import DeclaredRoute
from service.testing import bearer, settings_of

NDJSON = "application/x-ndjson"
KEY, VERSION = {"Idempotency-Key": "bad"}, {"If-Match": '"1"'}
LIMIT = 4096


class _Ids(dict):
    def __missing__(self, name: str) -> str:
        return "0191d3a2-0000-7000-8000-000000000000"


def application(service: str) -> Any:
    """The application with nothing behind it: whoever reached its database would answer 5xx."""
    declaration = MEMBERS[service].declaration
    settings = settings_of(body_bytes=LIMIT, bulk_bytes=LIMIT, import_bytes=LIMIT)
    return declaration.application(settings, runtime=declaration.runtime(settings))


APPLICATIONS = {name: application(name) for name in MEMBERS}
ROUTES = [
    pytest.param(name, route.declared, id=f"{name} {route.declared.method} {route.declared.path}")
    for name, app in APPLICATIONS.items()
    for route in app.routes
    if isinstance(route, DeclaredRoute) and route.declared.writes
]
BULK = [each for each in ROUTES if each.values[1].accepts == NDJSON and "onboard" not in each.values[1].path]
"""Those that take rows; `/dealers:onboard` asks for its territory first, and the registry's own tests have it."""


def somebody(service: str, declared: Declaration) -> dict[str, str]:
    """A caller who holds the route's permission."""
    first = (HELD[service] | OF_EVERY_SERVICE)[declared.permission or ""].split()[0]
    role, reach = ROLES[first]
    return bearer(role, **({} if reach == "company" else {reach: "X1"}))


async def answer(service: str, declared: Declaration, *, content: bytes = b"{}", accepts: str | None = None,
                 **headers: str | None) -> httpx.Response:  # fmt: skip
    """What the route answers to a request that is right but for what is given; a header that is None is left out."""
    sent = somebody(service, declared) | KEY | {"Content-Type": accepts or declared.accepts}
    sent |= VERSION if declared.edits else {}
    for name, value in headers.items():
        sent.pop(name.replace("_", "-"), None)
        sent |= {} if value is None else {name.replace("_", "-"): value}
    transport = httpx.ASGITransport(APPLICATIONS[service], raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://bad") as http:
        return await http.request(declared.method, declared.path.format_map(_Ids()), headers=sent, content=content)


def require_problem(found: httpx.Response, status: int, *codes: str) -> None:
    """A problem document of this status, with a title, what to do, and one of these codes if any are given."""
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == "application/problem+json"
    body = found.json()
    assert body["title"] and body["do"] and body["status"] == status
    assert not codes or body["type"].removeprefix("urn:dealerlog:problem:") in codes, body


@pytest.mark.parametrize(("service", "declared"), ROUTES)
async def test_nobody_writes_without_a_token_of_ours(service: str, declared: Declaration) -> None:
    require_problem(await answer(service, declared, Authorization=None), 401, "unauthenticated")
    require_problem(await answer(service, declared, Authorization="Bearer x.y.z"), 401, "invalid-token")


@pytest.mark.parametrize(("service", "declared"), ROUTES)
async def test_no_write_goes_without_its_key_or_an_edit_without_its_version(
    service: str, declared: Declaration
) -> None:
    bodies = [json.dumps(WRITES[service].get(f"{declared.method} {declared.path}", {})).encode()]
    missing = await answer(service, declared, content=bodies[0], Idempotency_Key=None)
    require_problem(missing, 400, "idempotency-key-missing")
    if declared.edits:
        require_problem(await answer(service, declared, content=bodies[0], If_Match=None), 428, "if-match-missing")
        require_problem(await answer(service, declared, content=bodies[0], If_Match="seven"), 400, "malformed-header")
        require_problem(await answer(service, declared, content=bodies[0], If_Match='W/"1"'), 412, "stale-version")


@pytest.mark.parametrize(("service", "declared"), ROUTES)
async def test_a_body_that_is_none_of_ours_is_refused(service: str, declared: Declaration) -> None:
    if declared.accepts == JSON:
        require_problem(await answer(service, declared, content=b'{"number": '), 400)
        require_problem(await answer(service, declared, content=b"\xff\xfe{}"), 400)
        require_problem(await answer(service, declared, content=b"[]"), 422, "invalid")
        require_problem(await answer(service, declared, content=b'{"a": NaN}'), 400)
        known = WRITES[service].get(f"{declared.method} {declared.path}", {})
        extra = await answer(service, declared, content=json.dumps(known | {"never_heard_of": 1}).encode())
        require_problem(extra, 422, "invalid")
        assert "never_heard_of" in extra.text
    require_problem(await answer(service, declared, accepts="text/html"), 415, "wrong-media-type")


@pytest.mark.parametrize(("service", "declared"), BULK)
async def test_a_line_that_is_no_row_is_rejected_with_its_reason(service: str, declared: Declaration) -> None:
    found = await answer(service, declared, content=b'{"dealer": \n[]\n{"never_heard_of": 1}\n')
    assert found.status_code == 200, found.text
    *verdicts, summary = [json.loads(line) for line in found.text.splitlines()]
    assert [each["verdict"] for each in verdicts] == ["rejected"] * 3 and all(each["reason"] for each in verdicts)
    assert summary["summary"]["rejected"] == 3 and summary["summary"]["positions"] == []


@pytest.mark.parametrize(("service", "declared"), ROUTES)
async def test_a_body_that_is_too_large_is_refused_before_it_is_read(service: str, declared: Declaration) -> None:
    large = await answer(service, declared, content=b'{"number": "' + b"9" * (2 * LIMIT) + b'"}')
    require_problem(large, 413, "too-large")


def test_there_are_writes_of_every_kind_to_try() -> None:
    declared = [each.values[1] for each in ROUTES]
    assert len(declared) >= 40 and {each.accepts for each in declared} >= {JSON, NDJSON}
    assert sum(each.edits for each in declared) >= 8
