"""Grades in force: spread over places, and from one day to another, each count opening its dealers."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import httpx
from small_story import ANNA, BOLIN, CHEN, Served

from service.testing import bearer

QUARTER = {"from": "2026-02-28"}


async def grades(client: httpx.AsyncClient, who: dict[str, str] | None = None, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/api/reports/grades", params=QUARTER | asked, headers=who or {})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_dealers_are_counted_once_by_the_grade_in_force(client: httpx.AsyncClient) -> None:
    said = await grades(client)
    assert said["grades"] == [1, 2, 3, 4, 5, None]
    assert {row["unit"]: row["counts"] for row in said["items"]} == {"R1": [0, 0, 1, 0, 1, 0], "R2": [0, 0, 0, 0, 0, 1]}
    assert (said["total"]["counts"], said["total"]["dealers"]) == ([0, 0, 1, 0, 1, 1], 3)


async def test_the_matrix_shows_from_which_grade_to_which_and_adds_up_to_both_days(client: httpx.AsyncClient) -> None:
    said = await grades(client)
    moved = {
        (said["grades"][before], said["grades"][after]): count
        for before, row in enumerate(said["matrix"])
        for after, count in enumerate(row)
        if count
    }
    assert moved == {(2, 3): 1, (4, 5): 1, (None, None): 1}
    assert [sum(column) for column in zip(*said["matrix"], strict=True)] == said["total"]["counts"]
    before = await grades(client, as_of="2026-02-28")
    assert [sum(row) for row in said["matrix"]] == before["total"]["counts"]


async def test_a_cell_opens_its_dealers_with_both_decisions(client: httpx.AsyncClient) -> None:
    page = (await client.get("/reports/grades", params=QUARTER)).text
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/reports/grade-moves[^"]*)"', page)]
    (worse,) = [link for link in links if "before=2&grade=3" in link]
    cell = (await client.get(worse)).text
    assert "D-001" in cell and "D-002" not in cell
    assert len(set(re.findall(r'href="(/events/credit-rating/\d+/\d+)', cell))) == 2
    items = (await client.get("/api/reports/grade-moves", params=QUARTER | {"before": "none"})).json()["items"]
    assert [(row["dealer"], row["before"], row["after"]) for row in items] == [(CHEN, None, None)]


async def test_a_long_list_of_movers_comes_page_by_page(client: httpx.AsyncClient) -> None:
    seen, after = [], ""
    for _ in range(3):
        asked = QUARTER | {"limit": 1, "after": after}
        page = (await client.get("/api/reports/grade-moves", params=asked)).json()
        assert page["found"] == 3
        seen += [row["code"] for row in page["items"]]
        after = page["next"] or ""
    assert (seen, after) == (["D-001", "D-002", "D-003"], "")
    shown = (await client.get("/reports/grade-moves", params=QUARTER | {"limit": 1})).text
    assert 'rel="next"' in shown and "XLSX of all 3" in shown
    whole = await client.get("/exports/grade-moves", params=QUARTER | {"limit": 1, "whole": "1"})
    assert len(list(csv.DictReader(io.StringIO(whole.content.decode("utf-8-sig"))))) == 3


async def test_a_run_that_is_not_complete_grades_nobody(client: httpx.AsyncClient) -> None:
    (north,) = (await grades(client, region="R2"))["items"]
    assert north["counts"] == [0, 0, 0, 0, 0, 1]


async def test_a_branch_sees_only_its_own_dealers_in_every_table(client: httpx.AsyncClient) -> None:
    own = bearer("branch_manager", branch="B2")
    said = await grades(client, own)
    assert (said["total"]["counts"], [row["unit"] for row in said["items"]]) == ([0, 0, 0, 0, 1, 0], ["R1"])
    moves = await client.get("/api/reports/grade-moves", params=QUARTER, headers=own)
    assert [row["dealer"] for row in moves.json()["items"]] == [BOLIN]
    for page in ("/reports/grades", "/reports/grade-moves"):
        assert ANNA not in (await client.get(page, params=QUARTER, headers=own)).text


async def test_grades_known_then_stay_what_they_were(client: httpx.AsyncClient, served: Served) -> None:
    then = await grades(client, known_at=json.dumps(served.early))
    assert then["total"]["counts"] == (await grades(client))["total"]["counts"]
    nothing = json.dumps({"credit-rating": {}, "customer-registry": served.early["customer-registry"], "tiering": {}})
    assert (await grades(client, known_at=nothing))["total"]["counts"] == [0, 0, 0, 0, 0, 3]


async def test_a_later_day_to_compare_with_is_refused_with_what_to_do(client: httpx.AsyncClient) -> None:
    answer = await client.get("/reports/grades?as_of=2026-03-01&from=2026-03-02")
    assert answer.status_code == 422 and "choose one before it" in answer.text


async def test_the_files_hold_what_the_pages_show(client: httpx.AsyncClient) -> None:
    answer = await client.get("/exports/grades", params=QUARTER | {"level": "branch"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Code"], row["Grade 3"], row["Grade 5"], row["No grade"], row["Dealers"]) for row in rows] == [
        ("B1", "1", "0", "0", "1"), ("B2", "0", "1", "0", "1"), ("B3", "0", "0", "1", "1"),
    ]  # fmt: skip
    answer = await client.get("/exports/grade-moves", params=QUARTER | {"before": "4"})
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["Code"], row["Grade before"], row["Grade after"], row["Since"]) == ("D-002", "4", "5", "2026-03-31")
