"""The ageing matrix: every row opens into rows that add up to it, down to an invoice and its event."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any

import httpx
import pytest
from small_story import ANNA, BOLIN, CHEN, Served

from service.testing import bearer


async def matrix(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/api/reports/ageing", params=asked)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def amounts(row: dict[str, Any]) -> list[Decimal]:
    return [Decimal(each) for each in row["amounts"]]


async def test_a_region_opens_into_branches_territories_dealers_and_invoices_that_add_up_to_it(
    client: httpx.AsyncClient,
) -> None:
    (east,) = (await matrix(client))["items"]
    assert (east["unit"], east["balance"], east["dealers"]) == ("R1", "1150.00", 2)
    for asked in ({"level": "branch"}, {"level": "territory"}, {"level": "dealer"}):
        below = await matrix(client, region="R1", **asked)
        assert amounts(below["total"]) == amounts(east), asked
        assert [sum(amounts(row)) for row in below["items"]] == [Decimal(row["balance"]) for row in below["items"]]
    dealers = {row["unit"]: row for row in (await matrix(client, level="dealer", region="R1"))["items"]}
    for dealer, row in dealers.items():
        invoices = await matrix(client, level="invoice", dealer=dealer)
        assert amounts(invoices["total"]) == amounts(row)
    assert CHEN not in dealers


async def test_invoices_stand_in_the_column_of_their_days_and_credit_in_its_own(client: httpx.AsyncClient) -> None:
    items = (await matrix(client, level="invoice", dealer=ANNA))["items"]
    placed = {row["code"]: [n for n, each in enumerate(row["amounts"]) if Decimal(each)] for row in items}
    assert placed == {"I-1": [3], "I-2": [0], "I-LATE": [1]}  # 65 days past due, not due, 15 days past due
    by_invoice = (await matrix(client, level="invoice", dealer=ANNA, by="invoice_date"))["items"]
    aged = {row["code"]: [n for n, each in enumerate(row["amounts"]) if Decimal(each)] for row in by_invoice}
    assert aged == {"I-1": [4], "I-2": [1], "I-LATE": [2]}
    (credit,) = (await matrix(client, level="invoice", dealer=BOLIN))["items"]
    assert (credit["unit"], credit["amounts"][-1], credit["balance"]) == ("", "-250.00", "-250.00")


async def test_a_past_matrix_known_then_does_not_change(client: httpx.AsyncClient, served: Served) -> None:
    then = await matrix(client, as_of="2026-03-31", known_at=json.dumps(served.early))
    now = await matrix(client, as_of="2026-03-31")
    assert (then["total"]["balance"], now["total"]["balance"]) == ("350.00", "650.00")
    assert then["seen"]["cut"] == served.early


async def test_rows_are_sorted_and_handed_out_by_pages(client: httpx.AsyncClient) -> None:
    first = await matrix(client, level="dealer", sort="balance", order="desc", limit=1)
    assert ([row["code"] for row in first["items"]], first["found"], first["next"]) == (["D-001"], 2, "D-001")
    assert first["total"]["balance"] == first["items"][0]["balance"]  # the sum of what is shown
    second = await matrix(client, level="dealer", sort="balance", order="desc", limit=1, after="D-001")
    assert ([row["code"] for row in second["items"]], second["next"]) == (["D-002"], None)


@pytest.mark.parametrize("level", ["region", "branch", "territory", "dealer"])
async def test_a_branch_sees_only_what_its_own_dealers_owe(client: httpx.AsyncClient, level: str) -> None:
    for branch, balance in (("B1", "1400.00"), ("B2", "-250.00"), ("B3", "0")):
        answer = await client.get(
            "/api/reports/ageing", params={"level": level}, headers=bearer("branch_manager", branch=branch)
        )
        assert answer.json()["total"]["balance"] == balance, branch
    foreign = bearer("branch_manager", branch="B2")
    answer = await client.get("/api/reports/ageing", params={"level": "invoice", "dealer": ANNA}, headers=foreign)
    assert answer.json()["items"] == []


async def test_every_amount_on_the_page_opens_what_it_is_made_of(client: httpx.AsyncClient) -> None:
    page = (await client.get("/reports/ageing?as_of=2026-04-15")).text
    for level in ("branch", "territory", "dealer", "invoice"):
        links = re.findall(r'href="(/reports/ageing\?[^"]*)"><b>', page)
        (link,) = [each.replace("&amp;", "&") for each in links[:1]]
        assert f"level={level}" in link and "as_of=2026-04-15" in link
        page = (await client.get(link)).text
    assert re.search(r'href="/events/credit-rating/\d+/\d+[^"]*">I-LATE', page)


async def test_the_file_holds_what_the_page_shows(client: httpx.AsyncClient) -> None:
    answer = await client.get("/exports/ageing?format=csv&level=dealer&sort=balance&order=desc")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Code"], row["Not due (CNY)"], row["Balance (CNY)"]) for row in rows] == [
        ("D-001", "500.00", "1400.00"), ("D-002", "0.00", "-250.00"),
    ]  # fmt: skip
