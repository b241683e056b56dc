"""Regions, branches, territories and representatives, and who may do what with any route."""

from __future__ import annotations

import re

from customer_registry.app import SERVICE
from service.permissions import ROLES
from service.routing import declared_routes
from service.testing import bearer

from .conftest import AUDITOR, HEAD, MANAGER, OTHER_MANAGER, World, said

ANY = "0190a6c2-0000-7000-8000-000000000001"


async def test_the_same_definition_again_changes_nothing_and_another_needs_its_version(world: World) -> None:
    before = await world.events()
    same = {"code": "R1", "name": "Region R1"}
    assert (await world.post("/regions", same, who=HEAD)).status_code == 201
    said(await world.post("/regions", same | {"name": "North"}, who=HEAD), 428, "if-match-missing")
    said(await world.post("/regions", same | {"name": "North"}, who=HEAD, match='"9"'), 412, "stale-version")
    assert await world.events() == before
    etag = (await world.get("/regions/R1", who=AUDITOR)).headers["etag"]
    assert (await world.post("/regions", same | {"name": "North"}, who=HEAD, match=etag)).json()["name"] == "North"


async def test_a_territory_with_dealers_stays_in_its_branch_and_a_branch_in_its_region(world: World) -> None:
    dealer = await world.onboard("Settled", "E-settled")
    before = await world.events()
    moved = {"code": "T1", "name": "T1", "branch": "B2"}
    etag = (await world.get("/territories/T1", who=AUDITOR)).headers["etag"]
    said(await world.post("/territories", moved, who=HEAD, match=etag), 409, "territory-fixed")
    moved = {"code": "B1", "name": "Branch B1", "region": "R2"}
    etag = (await world.get("/branches/B1", who=AUDITOR)).headers["etag"]
    said(await world.post("/branches", moved, who=HEAD, match=etag), 409, "branch-fixed")
    assert await world.events() == before
    assert (await world.get(f"/dealers/{dealer}", who=MANAGER)).status_code == 200
    assert (await world.get(f"/dealers/{dealer}", who=OTHER_MANAGER)).status_code == 404


async def test_what_belongs_to_nothing_is_refused(world: World) -> None:
    before = await world.events()
    said(await world.post("/branches", {"code": "B9", "name": "B", "region": "R9"}, who=HEAD), 409, "unknown-region")
    said(await world.post("/territories", {"code": "T9", "name": "T", "branch": "B9"}, who=HEAD), 409, "unknown-branch")
    person = {"login": "li", "name": "Li", "branch": "B9"}
    said(await world.post("/representatives", person, who=HEAD), 409, "unknown-branch")
    path = "/territories/T2/representative"
    body = {"representative": "nobody", "since": "2025-01-01"}
    said(await world.post(path, body, who=HEAD, match='"1"'), 409, "unknown-representative")
    said(
        await world.post(path, body | {"representative": "zhao"}, who=HEAD, match='"1"'),
        409,
        "representative-elsewhere",
    )
    assert await world.events() == before


async def test_lists_show_who_covers_what(world: World) -> None:
    territories = (await world.get("/territories", who=AUDITOR, branch="B1")).json()["items"]
    assert [(row["code"], row["region"], row["representative"]) for row in territories] == [
        ("T1", "R1", "wang"), ("T2", "R1", None),
    ]  # fmt: skip
    assert [row["code"] for row in (await world.get("/branches", who=AUDITOR, region="R2")).json()["items"]] == ["B2"]
    assert [row["login"] for row in (await world.get("/representatives", who=AUDITOR)).json()["items"]] == [
        "wang",
        "zhao",
    ]
    assert [row["code"] for row in (await world.get("/regions", who=AUDITOR)).json()["items"]] == ["R1", "R2"]
    for path in ("/regions/R9", "/branches/B9", "/territories/T9", "/representatives/nobody"):
        said(await world.get(path, who=AUDITOR), 404, "not-found")


async def test_every_route_refuses_every_role_that_lacks_its_permission(world: World) -> None:
    app = world.http._transport.app  # type: ignore[attr-defined]
    before, refused = await world.events(), 0
    for method, path, permission in declared_routes(app):
        for role, reach in ROLES.items():
            if permission and permission not in SERVICE.held[role]:
                scope = {} if reach == "company" else {reach: "X"}
                headers = bearer(role, **scope) | {"Idempotency-Key": "k"}
                said(await world.http.request(method, re.sub(r"{\w+}", ANY, path), headers=headers), 403, "forbidden")
                refused += 1
    assert refused > 80 and await world.events() == before
