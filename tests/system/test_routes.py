"""Law 8: every route of every application, every role, own and foreign scope."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from foreign_writes import DEALER, NO_DEALERS, NUMBER, WRITES
from serving import OWN, TERRITORY, caller, foreign_dealers
from varied import DEALERS, PLACES
from who_may import HELD, OF_EVERY_SERVICE, ROLES, ROUTES

from dealerlog.fleet import MEMBERS
from service.routing import declared_routes
from service.testing import settings_of

SERVICES = sorted(MEMBERS)
OWN_DEALER = DEALERS[0]
QUERIES = {f"{service} GET /ops/log/cut": {"at": "2026-01-01T00:00:00Z"} for service in SERVICES}
QUERIES |= {"credit-rating GET /receivables/figures": {"by": "territory"}}
QUERIES |= {"credit-rating GET /completeness/missing-numbers": {"source": "erp", "kind": "invoice"}}
QUERIES |= {"credit-rating GET /completeness/documents": {"month": "2026-01-01"}}
QUERIES |= {"credit-rating GET /grades/{grade}/events": {"indicator": "monthly_sales"}}
QUERIES |= {"tiering GET /visit-compliance": {"from": "2026-01-01", "to": "2026-12-31"}}
"""`service GET /path` → parameters that the route cannot do without."""
ELSEWHERE = {"/grades/{grade}/explanation", "/grades/{grade}/events", "/dealers/{dealer}/limit"}
"""Answers that need more than varied samples (a published policy): the service's own tests have them."""
EMPTY = UUID(int=0)
IDS = (
    "dealer", "grade", "limit", "run", "event", "export", "import_id", "sequence", "delegation", "statement", "draft",
    "task", "security", "suspicion",
)  # fmt: skip


def table(service: str) -> list[tuple[str, str, str]]:
    """(method, path, permission) of a service as the table says; "-" is public."""
    rows = (line.split() for line in ROUTES[service].strip().splitlines())
    return [(method, path, permission) for method, path, permission in rows]


def holders(service: str, permission: str) -> set[str]:
    return set((HELD[service] | OF_EVERY_SERVICE | {"-": ""})[permission].split())


def bound(service: str, permission: str) -> list[str]:
    """The roles that hold a permission and see less than the company."""
    return [name for name in ROLES if name in holders(service, permission) and ROLES[name][1] != "company"]


def signed_in(name: str) -> dict[str, str]:
    role, reach = ROLES[name]
    return caller(role, reach, OWN[reach])


def foreign_dealer(reach: str) -> str:
    """A dealer outside the scope: of the next territory of the same branch for a representative, else of R2."""
    return DEALERS[1] if reach == "territory" else DEALERS[2]


@pytest.mark.parametrize("service", SERVICES)
def test_the_applications_have_the_routes_of_the_table_and_no_other(service):
    app = MEMBERS[service].declaration.application(settings_of())
    declared = {(method, path, permission or "-") for method, path, permission in declared_routes(app)}
    assert declared == set(table(service))


@pytest.mark.parametrize("service", SERVICES)
def test_roles_hold_the_permissions_of_the_table_and_no_other(service):
    held = MEMBERS[service].declaration.held
    wanted = {
        role: {name for name in (HELD[service] | OF_EVERY_SERVICE) if short in holders(service, name)}
        for short, (role, _) in ROLES.items()
    }
    assert {role: set(permissions) for role, permissions in held.items()} == wanted


async def ask(
    http: httpx.AsyncClient, method: str, path: str, who: dict[str, str], body: Any = None, **params: str
) -> httpx.Response:
    headers = dict(who)
    if method != "GET":
        headers |= {"Idempotency-Key": f"{method} {path} {len(str(body))}", "If-Match": '"1"'}
    if isinstance(body, list):
        lines = "".join(json.dumps(row) + "\n" for row in body)
        headers["Content-Type"] = "application/x-ndjson"
        return await http.request(method, path, headers=headers, content=lines, params=params)
    return await http.request(method, path, headers=headers, json=body, params=params)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_route_lets_in_the_roles_of_the_table_and_nobody_else(served, service):
    http, wrong = (await served(service)).http, []
    for method, path, permission in table(service):
        where = path.format_map(_Any(dict.fromkeys(IDS, EMPTY)))
        stranger = (await ask(http, method, where, {})).status_code
        if permission == "-":
            wrong += [(path, "stranger", stranger)] if stranger in (401, 403) else []
            continue
        wrong += [(path, "stranger", stranger)] if stranger not in (401, 303) else []
        for name in ROLES:
            status = (await ask(http, method, where, signed_in(name))).status_code
            if (status == 403) is (name in holders(service, permission)) or status == 401:
                wrong.append((method, path, name, status))
    assert not wrong, "\n".join(sorted({str(each) for each in wrong}))


class _Any(dict):
    """Whatever else a path names."""

    def __missing__(self, name: str) -> str:
        return "1"


async def things_of(served: Any, dealer: str) -> dict[str, Any]:
    """What paths name, as this dealer has it: ids that exist, so that a 404 is the scope's and not a slip."""
    place = PLACES[TERRITORY[dealer]]
    found: dict[str, Any] = _Any(
        dict.fromkeys(IDS, EMPTY) | {"dealer": dealer, "code": place["territory"], "login": "wang", "period": "2026-01"}
    )
    names = {each.name for each in served.service.tables}
    schema, one = served.schema, served.pool.fetchval
    if "grade" in names:
        found["grade"] = await one(f"select event from {schema}.grade where dealer = $1 limit 1", UUID(dealer))
        anew = f"select event from {schema}.credit_limit where dealer = $1 and causes is not null limit 1"
        found["limit"] = await one(anew, UUID(dealer))
    if "sale_line" in names:
        found["event"] = await one(f"select event from {schema}.sale_line where dealer = $1 limit 1", UUID(dealer))
    if "statement" in names:
        found["statement"] = await one(
            f"select statement from {schema}.statement where dealer = $1 limit 1", UUID(dealer)
        )
    if "orders" in names:
        found["number"] = await one(f"select number from {schema}.orders where dealer = $1 limit 1", UUID(dealer))
    if "run" in names and "region" in next(t for t in served.service.tables if t.name == "run").every:
        found["run"] = await one(f"select run from {schema}.run where region = $1 limit 1", place["region"])
    if "timeline" in names:
        where = f"select source as service, partition, sequence from {schema}.timeline where dealer = $1 limit 1"
        found |= dict(await served.pool.fetchrow(where, UUID(dealer)))
    if "policy" in names:
        row = await served.pool.fetchrow(f"select name, version from {schema}.policy limit 1")
        found |= dict(row)
    return found


def reads_of_dealers(service: str) -> list[tuple[str, str, str]]:
    return [each for each in table(service) if each[0] == "GET" and each[2] != "-"]


@pytest.mark.parametrize("service", SERVICES)
async def test_a_read_of_a_foreign_dealer_is_a_404_and_no_list_names_one(served, service):
    here, wrong = await served(service), []
    for method, path, permission in reads_of_dealers(service):
        params = QUERIES.get(f"{service} {method} {path}", {})
        for name in bound(service, permission):
            reach = ROLES[name][1]
            fills = await things_of(here, foreign_dealer(reach))
            answer = await ask(here.http, method, path.format_map(fills), signed_in(name), **params)
            about_one = any(f"{{{thing}}}" in path for thing in IDS)
            if answer.status_code not in ((404,) if about_one else (200, 404)):
                wrong.append((path, name, answer.status_code, answer.text[:200]))
            named = [dealer for dealer in foreign_dealers(reach) if dealer in answer.text]
            if named and not (about_one and answer.status_code == 404):
                wrong.append((path, name, "names", named))
    assert not wrong, "\n".join(sorted({str(each) for each in wrong}))


@pytest.mark.parametrize("service", SERVICES)
async def test_a_read_of_an_own_dealer_is_answered(served, service):
    here, wrong, answered = await served(service), [], 0
    fills = await things_of(here, OWN_DEALER)
    for method, path, permission in reads_of_dealers(service):
        params = QUERIES.get(f"{service} {method} {path}", {})
        for name in sorted(holders(service, permission) & {"rep", "manager", "clerk", "auditor"}):
            answer = await ask(here.http, method, path.format_map(fills), signed_in(name), **params)
            answered += OWN_DEALER in answer.text and answer.status_code == 200
            if path in ELSEWHERE:
                continue
            if answer.status_code not in (200, 404) or ("in your scope" in answer.text and "{dealer}" in path):
                wrong.append((path, name, answer.status_code, answer.text[:200]))
    assert not wrong, "\n".join(sorted({str(each) for each in wrong}))
    assert answered >= 5


@pytest.mark.parametrize("service", SERVICES)
async def test_no_bound_role_writes_about_a_foreign_dealer_by_any_route(served, service):
    here, wrong = await served(service), []
    before = await here.events()
    writes = [
        (method, path, permission)
        for method, path, permission in table(service)
        if method != "GET" and bound(service, permission) and f"{method} {path}" not in NO_DEALERS
    ]
    assert {f"{method} {path}" for method, path, _ in writes} == set(WRITES[service])
    for method, path, permission in writes:
        for name in bound(service, permission):
            dealer = foreign_dealer(ROLES[name][1])
            body = json.loads(
                json.dumps(WRITES[service][f"{method} {path}"])
                .replace(DEALER, dealer).replace(NUMBER, f"C-{DEALERS.index(dealer)}")
            )  # fmt: skip
            where = path.format_map(await things_of(here, dealer))
            answer = await ask(here.http, method, where, signed_in(name), body)
            if not refused(answer, len(body) if isinstance(body, list) else 0):
                wrong.append((path, name, answer.status_code, answer.text[:300]))
    assert not wrong, "\n".join(sorted({str(each) for each in wrong}))
    assert await here.events() == before


async def test_a_proposal_is_taken_into_an_own_territory_and_into_a_foreign_one_is_a_404(served):
    """The same body but for the territory: so it is the scope that refuses, not that there is no such territory."""
    service = "customer-registry"
    http, taken = (await served(service)).http, 0
    (permission,) = {permission for method, path, permission in table(service) if f"{method} {path}" == "POST /dealers"}
    for name in bound(service, permission):
        for n, (territory, place) in enumerate(sorted(PLACES.items()), 1):
            reach = ROLES[name][1]
            own = place[reach] == OWN[reach]
            body = WRITES[service]["POST /dealers"] | {"territory": territory, "name": "D" * n}
            answer = await ask(http, "POST", "/dealers", signed_in(name), body)
            assert answer.status_code == (201 if own else 404), (name, territory, answer.text[:300])
            taken += own
    assert taken >= 2


def refused(answer: httpx.Response, rows: int) -> bool:
    """404, or 409 unknown-dealer: for the caller there is no such dealer; in bulk the same of every row."""
    if rows and answer.status_code == 200:
        *verdicts, _ = [json.loads(line) for line in answer.text.splitlines()]
        unknown = ("unknown-dealer", "not-found")
        return len(verdicts) == rows and all(each.get("code") in unknown for each in verdicts)
    return answer.status_code == 404 or (answer.status_code == 409 and "unknown-dealer" in answer.text)
