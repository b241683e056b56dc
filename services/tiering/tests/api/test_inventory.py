"""A stock report counts once, however it comes, and is seen within one's scope (domain.md 3.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.testing import bearer

from .conftest import AUDITOR, FEED, WANG, World, said


def report(code: str, number: str, **other: Any) -> dict[str, Any]:
    """A report of one product that is the dealer's own, and one that is consigned."""
    stock = [
        {"product": "P1", "quantity": "10", "value": "113.00"},
        {"product": "P2", "quantity": "2", "value": "56.50", "consigned": True},
    ]
    return {
        "dealer": {"source": "ERP", "number": code}, "source": "ERP", "number": number, "as_of": "2025-12-31",
        "currency": "CNY", "lines": stock,
    } | other  # fmt: skip


@pytest.fixture(scope="module")
async def dealer(world: World) -> str:
    return await world.dealer("V-1")


async def bulk(world: World, *rows: Any) -> list[dict[str, Any]]:
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    answer = await world.post(
        "/inventory:bulk", who=FEED, content=content, headers={"Content-Type": "application/x-ndjson"}
    )
    assert answer.status_code == 200, answer.text
    return [json.loads(each) for each in answer.text.splitlines()]


async def test_a_report_is_recorded_once_by_whichever_way_it_comes(world: World, dealer: str) -> None:
    first = await world.post("/inventory", report("V-1", "K-1"), who=FEED)
    assert (first.status_code, first.json()["verdict"]) == (201, "accepted")
    turned = report("V-1", "K-1", dealer=dealer, lines=report("V-1", "K-1")["lines"][::-1])
    again = await world.post("/inventory", turned, who=FEED)
    assert (again.json()["verdict"], again.json()["event"]) == ("duplicate", first.json()["event"])
    other = report("V-1", "K-1", as_of="2025-11-30")
    *rows, summary = await bulk(world, turned, other, report("V-1", "K-2", lines=[]), report("nobody", "K-3"))
    verdicts = {row["row"]: (row["verdict"], row.get("code")) for row in rows}
    assert verdicts == {
        1: ("duplicate", None), 2: ("rejected", "document-conflict"), 3: ("accepted", None),
        4: ("rejected", "unknown-dealer"),
    }  # fmt: skip
    assert summary["summary"]["accepted"] == 1
    said(await world.post("/inventory", other, who=FEED), 409, "document-conflict")
    shown = (await world.get(f"/dealers/{dealer}/inventory", who=WANG)).json()["items"]
    assert [(row["number"], row["value"], row["consigned_value"]) for row in shown] == [
        ("K-2", "0", "0"), ("K-1", "169.50", "56.50"),
    ]  # fmt: skip
    assert [line["consigned"] for line in shown[1]["lines"]] == [False, True]


async def test_bad_reports_are_a_clear_problem_and_change_nothing(world: World, dealer: str) -> None:
    before = await world.events()
    said(await world.post("/inventory", report("nobody", "K-9"), who=FEED), 409, "unknown-dealer")
    said(await world.post("/inventory", report("V-1", "K-9", currency="USD"), who=FEED), 422, "currency-other")
    said(await world.post("/inventory", report("V-1", "K-9", as_of="2026-01-12"), who=FEED), 422, "date-in-future")
    long = [{"product": f"{n:03}" + "茶" * 60, "quantity": "1", "value": "1.00"} for n in range(300)]
    said(await world.post("/inventory", report("V-1", "K-9", lines=long), who=FEED), 413, "too-large")
    (row, _) = await bulk(world, report("V-1", "K-9", lines=long))
    assert row["code"] == "too-large"
    said(await world.post("/inventory", report("V-1", "K-9"), who=AUDITOR), 403, "forbidden")
    foreign = bearer("region_clerk", region="R9")
    said(await world.post("/inventory", report("V-1", "K-9"), who=foreign), 409, "unknown-dealer")
    elsewhere = bearer("sales_representative", territory="T2")
    said(await world.get(f"/dealers/{dealer}/inventory", who=elsewhere), 404, "not-found")
    assert await world.events() == before
