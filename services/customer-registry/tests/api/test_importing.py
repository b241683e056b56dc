"""A file of sales names dealers: they are listed, and onboarded only when asked, under people who are named."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

from customer_registry.imports import IMPORTING
from events import decode
from service.imports.working import ImportWorker

from .conftest import AUDITOR, IMPORTER, MANAGER, World, said

PROFILE = """
profile = "till"
title = "Till"
kind = "sales"
source = "till"
currency = "CNY"
dates = ["%Y-%m-%d"]
[columns]
invoice = "invoice"
product = "product"
quantity = "quantity"
unit_price = "price"
sold_on = "on"
[dealer]
number = "customer"
name_pattern = "Customer {number}"
country = "country"
"""
FILE = b"""invoice,product,quantity,price,on,customer,country
1,p,1,10,2025-05-01,100,GB
1,p,2,10,2025-05-01,100,GB
2,p,1,10,2025-05-02,200,FR
3,p,1,x,2025-05-02,300,FR
"""
ONBOARD = "onboard=true&territory=T3&reviewed_by=gm&approved_by=head"


async def send(world: World, query: str, *, key: str | None = None, who: dict[str, str] = IMPORTER) -> Any:
    headers = {
        "Content-Type": "application/octet-stream",
        "Import-Profile": base64.b64encode(PROFILE.encode()).decode(),
    }
    return await world.post(f"/imports?name=till.csv&{query}", who=who, key=key, content=FILE, headers=headers)


async def done(world: World, query: str) -> dict[str, Any]:
    sent = await send(world, query)
    assert sent.status_code == 202, sent.text
    assert await ImportWorker(IMPORTING, world.runtime).work() == 1
    await world.project()
    found: dict[str, Any] = (await world.get(f"/imports/{sent.json()['id']}", who=IMPORTER)).json()
    return found


async def test_dealers_of_a_file_are_listed_then_onboarded_then_known(world: World) -> None:
    before = await world.events()
    listed = await done(world, "")
    assert (listed["state"], listed["accepted"], listed["rejected"]) == ("previewed", 2, 1)
    assert await world.events() == before
    first = await done(world, ONBOARD)
    assert (first["state"], first["accepted"], first["duplicates"], first["rejected"]) == ("completed", 2, 1, 1)
    assert await world.events() == before + 2 + 2 * 3  # the import's start and end, three steps for each dealer
    assert [row["name"] for row in (await world.get("/dealers", who=AUDITOR, q="Customer")).json()["items"]] == [
        "Customer 100", "Customer 200",
    ]  # fmt: skip
    again = await done(world, ONBOARD)
    assert (again["accepted"], again["duplicates"]) == (0, 3)
    row = (await world.get(f"/imports/{first['id']}/rows/4", who=IMPORTER)).json()
    assert [each["type"] for each in row["events"]] == ["DealerSubmitted", "DealerReviewed", "DealerOnboarded"]
    ids = [UUID(each["event"]) for each in row["events"]]
    documents = await world.pool.fetch("select document from log.event where id = any($1) order by n", ids)
    recorded = [decode(each["document"]) for each in documents]
    assert {each.actor for each in recorded} == {"erp-feed"}  # who did it; whom it names as approvers is data
    people: Any = recorded[-1].event
    assert (people.reviewed_by, people.approved_by) == ("gm", "head")
    undo = await world.post(f"/imports/{first['id']}/undo", {"reason": "wrong file"}, who=IMPORTER)
    assert "suspend" in said(undo, 409, "undo-not-offered")["detail"]


async def test_a_row_that_cannot_be_stored_is_refused_and_its_neighbours_are_in(world: World) -> None:
    before = await world.events()
    path = "/dealers:onboard?territory=T3&reviewed_by=gm&approved_by=head"
    rows = [{"source": "till", "number": n, "name": f"Till {n!r}"} for n in ("a1", "a2", "a\x003", "a4", "a5")]
    *said_of, summary = await world.bulk(path, rows, who=IMPORTER)
    assert [each.get("code", each["verdict"]) for each in said_of] == [
        "accepted", "accepted", "invalid", "accepted", "accepted",
    ]  # fmt: skip
    assert all("position" in each for each in said_of if each["verdict"] == "accepted")
    assert summary["summary"]["accepted"] == 4 and await world.events() == before + 4 * 3
    *again, _ = await world.bulk(path, rows, who=IMPORTER)
    assert [each.get("code", each["verdict"]) for each in again] == ["duplicate"] * 2 + ["invalid"] + ["duplicate"] * 2


async def test_a_file_onboards_nobody_without_place_and_people(world: World) -> None:
    before = await world.events()
    said(await send(world, "onboard=true&territory=T3&reviewed_by=gm"), 422, "invalid")
    said(await send(world, "onboard=true&territory=T9&reviewed_by=gm&approved_by=head"), 409, "unknown-territory")
    said(await send(world, "onboard=true&territory=T3&reviewed_by=head&approved_by=head"), 403, "same-person")
    said(await send(world, ONBOARD, who=MANAGER), 403, "forbidden")
    assert await world.events() == before
