"""What the JSON says is what the facts come to, at any day and at any cut."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import httpx
from small_story import ANNA, BOLIN, CHEN, Served

from service.testing import bearer


async def rows(client: httpx.AsyncClient, **asked: Any) -> dict[str, dict[str, Any]]:
    answer = await client.get("/api/dealers", params=asked)
    assert answer.status_code == 200, answer.text
    return {row["dealer"]: row for row in answer.json()["items"]}


async def test_the_list_shows_grade_limit_exposure_class_overdue_and_next_visit(client: httpx.AsyncClient) -> None:
    anna = (await rows(client))[ANNA]
    shown = {name: anna[name] for name in ("grade", "limit", "exposure", "abc", "share", "overdue", "next_visit")}
    assert shown == {
        "grade": 3, "limit": "120000", "exposure": "1600.00", "abc": "A", "share": "0.800000", "overdue": "900.00",
        "next_visit": "2026-04-30",
    }  # fmt: skip


async def test_a_grade_counts_only_once_its_run_is_complete(client: httpx.AsyncClient) -> None:
    assert (await rows(client))[CHEN]["grade"] is None
    assert (await rows(client, as_of="2026-02-28"))[ANNA]["grade"] == 2


async def test_an_overridden_limit_counts_on_its_days_until_it_is_taken_back(client: httpx.AsyncClient) -> None:
    said = {}
    for day in ("2026-02-09", "2026-02-10", "2026-02-15", "2026-02-18", "2026-02-20", "2026-02-21"):
        said[day[-2:]] = (await rows(client, as_of=day))[ANNA]["limit"]
    assert said == {"09": "90000", "10": "200000", "15": "150000", "18": "200000", "20": "200000", "21": "90000"}
    one = (await client.get(f"/api/dealers/{ANNA}", params={"as_of": "2026-02-15"})).json()
    assert (one["limit"]["limit"], one["override"]["limit"], one["override"]["by"]) == ("90000", "150000", "zheng")
    page = (await client.get(f"/dealers/{ANNA}", params={"as_of": "2026-02-15"}, headers=bearer("auditor"))).text
    assert "Overridden by zheng from 2026-02-15 to 2026-02-25:" in page and "Computed limit" in page


async def test_a_dealer_shows_its_owner_group_with_the_dealers_that_the_reader_sees(
    client: httpx.AsyncClient, served: Served
) -> None:
    group = (await client.get(f"/api/dealers/{ANNA}")).json()["group"]
    assert (group["name"], group["limit"]["limit"], group["exposure"]) == ("联华控股 Holding", "80000", "1600.00")
    assert [(each["dealer"], each["exposure"]) for each in group["members"]] == [(ANNA, "1600.00"), (CHEN, "0")]
    own = (await client.get(f"/api/dealers/{ANNA}", headers=bearer("branch_manager", branch="B1"))).json()["group"]
    assert [each["dealer"] for each in own["members"]] == [ANNA]
    for asked in ({"as_of": "2026-03-31"}, {"known_at": json.dumps(served.early)}):
        assert (await client.get(f"/api/dealers/{ANNA}", params=asked)).json()["group"] is None
    page = (await client.get(f"/dealers/{ANNA}", headers=bearer("auditor"))).text
    assert "联华控股 Holding" in page and "Joined an owner group" in page


async def test_a_reversed_invoice_was_never_owed_and_money_in_advance_is_a_negative_exposure(
    client: httpx.AsyncClient,
) -> None:
    assert (await rows(client))[BOLIN]["exposure"] == "-250.00"


async def test_a_late_invoice_changes_what_is_known_now_and_never_what_was_known_then(
    client: httpx.AsyncClient, served: Served
) -> None:
    now = (await client.get(f"/api/dealers/{ANNA}", params={"as_of": "2026-03-31"})).json()
    then = (
        await client.get(f"/api/dealers/{ANNA}", params={"as_of": "2026-03-31", "known_at": json.dumps(served.early)})
    ).json()
    assert (now["balance"], then["balance"]) == ("900.00", "600.00")
    assert then["seen"]["cut"] == served.early


async def test_ageing_columns_add_up_to_the_balance(client: httpx.AsyncClient) -> None:
    for dealer in (ANNA, BOLIN, CHEN):
        said = (await client.get(f"/api/dealers/{dealer}")).json()
        assert sum(Decimal(column["amount"]) for column in said["ageing"]) == Decimal(said["balance"])


async def test_totals_are_the_sums_of_what_is_shown(client: httpx.AsyncClient) -> None:
    page = (await client.get("/api/dealers", params={"limit": 2})).json()
    assert len(page["items"]) == 2 and page["found"] == 3 and page["next"] == "D-002"
    for name in ("exposure", "overdue"):
        assert Decimal(page["totals"][name]) == sum(Decimal(row[name]) for row in page["items"])
    following = (await client.get("/api/dealers", params={"limit": 2, "after": page["next"]})).json()
    assert [row["code"] for row in following["items"]] == ["D-003"] and following["next"] is None


async def test_the_list_sorts_and_filters(client: httpx.AsyncClient) -> None:
    async def codes(**asked: Any) -> list[str]:
        return [row["code"] for row in (await client.get("/api/dealers", params=asked)).json()["items"]]

    assert await codes(sort="exposure", order="desc") == ["D-001", "D-003", "D-002"]
    assert await codes(overdue="1") == ["D-001"]
    assert await codes(q="陈记") == ["D-003"]
    assert await codes(region="R1", grade="5") == ["D-002"]
    assert await codes(grade="none", abc="C") == ["D-003"]


async def test_monthly_sales_compare_with_last_month_and_last_year(client: httpx.AsyncClient) -> None:
    said = (await client.get("/api/reports/monthly-sales", params={"from": "2026-03", "to": "2026-03"})).json()
    anna = next(row for row in said["items"] if row["unit"] == ANNA)
    figures = {name: anna[name] for name in ("quantity", "amount", "returns", "net", "previous_net", "last_year_net")}
    assert {name: Decimal(figure) for name, figure in figures.items()} == {
        "quantity": 26, "amount": Decimal("375"), "returns": 50, "net": 325, "previous_net": 250, "last_year_net": 125,
    }  # fmt: skip
    assert (anna["previous_change"], anna["last_year_change"]) == ("0.3000", "1.6000")


async def test_a_rate_without_a_base_is_null_and_a_dealer_that_stopped_is_still_listed(
    client: httpx.AsyncClient,
) -> None:
    said = (await client.get("/api/reports/monthly-sales", params={"from": "2026-03"})).json()
    bolin = next(row for row in said["items"] if row["unit"] == BOLIN)
    chen = next(row for row in said["items"] if row["unit"] == CHEN)
    assert bolin["previous_change"] is None and bolin["net"] == "99.99"
    assert (chen["net"], chen["previous_change"]) == ("0.00", "-1.0000")


async def test_branch_and_region_rows_are_sums_of_their_dealers(client: httpx.AsyncClient) -> None:
    for level, expected in (
        ("branch", {"B1": "325.00", "B2": "99.99", "B3": "0.00"}),
        ("region", {"R1": "424.99", "R2": "0.00"}),
    ):
        said = (await client.get("/api/reports/monthly-sales", params={"from": "2026-03", "level": level})).json()
        assert {row["unit"]: row["net"] for row in said["items"]} == expected
        assert said["total"]["net"] == "424.99"


async def test_a_timeline_goes_on_where_the_page_before_ended(client: httpx.AsyncClient) -> None:
    said = (await client.get(f"/api/dealers/{ANNA}/timeline", params={"sales": "1"})).json()
    days = [entry["dated"] for entry in said["items"]]
    assert days == sorted(days, reverse=True)
    assert {"DealerOnboarded", "InvoiceIssued", "VisitLogged", "SaleRecorded"} <= {e["type"] for e in said["items"]}


async def test_nobody_sees_a_dealer_outside_the_scope_in_any_list_report_or_page(client: httpx.AsyncClient) -> None:
    own = bearer("sales_representative", territory="T2")
    listed = (await client.get("/api/dealers", headers=own)).json()
    assert [row["code"] for row in listed["items"]] == ["D-002"]
    sales = (
        await client.get("/api/reports/monthly-sales", params={"from": "2026-03", "level": "region"}, headers=own)
    ).json()
    assert sales["total"]["net"] == "99.99"
    for path in (f"/api/dealers/{ANNA}", f"/dealers/{ANNA}", f"/dealers/{ANNA}/ledger", f"/dealers/{ANNA}/sales"):
        assert (await client.get(path, headers=own)).status_code == 404
    region = (await client.get("/api/dealers", headers=bearer("regional_director", region="R1"))).json()
    assert [row["code"] for row in region["items"]] == ["D-001", "D-002"]


async def test_no_table_shows_a_foreign_row_even_without_any_filter(served: Served) -> None:
    from reporting.projections import TABLES
    from service.caller import Caller

    reader = served.app.state.runtime.reader
    async with reader.snapshot(Caller("rep", "sales_representative", "territory", "T2")) as conn:
        for table in TABLES:
            if table.scope == "dealer":
                seen = {str(row["dealer"]) for row in await conn.fetch(f'select distinct dealer from "{table.name}"')}
                assert seen <= {BOLIN}, table.name


async def test_bad_questions_are_answered_by_what_to_do(client: httpx.AsyncClient) -> None:
    for asked in (
        {"as_of": "tomorrow"},
        {"known_at": "long ago"},
        {"known_at": "2999-01-01T00:00"},
        {"as_of": "0001-01-01"},
    ):
        answer = await client.get("/api/dealers", params=asked)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:dealerlog:problem:invalid"), asked
    ahead = json.dumps({"credit-rating": {"0": 10**9}})
    assert (await client.get("/api/dealers", params={"known_at": ahead})).status_code == 504
