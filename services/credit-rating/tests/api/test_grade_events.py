"""The events behind a grade's numbers: added up again, they give what the explanation says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

SIGNS = {"invoice": 1, "credit_note": -1}


async def test_the_events_behind_each_number_add_up_to_it_and_later_ones_are_not_among_them(
    world: Any, rows: Any
) -> None:
    dealer = await world.dealer("9500")
    await world.trade(dealer, "9500")
    await world.rate()
    grade = (await world.get(f"/dealers/{dealer}/grade")).json()["id"]
    await world.bulk([rows.invoice("9500", "late-9500", "7.00", date(2026, 6, 1))])  # after the grade's cut
    why = (await world.get(f"/grades/{grade}/explanation")).json()
    inputs = {each["name"]: each["inputs"] for each in why["indicators"]}
    found = {name: await behind(world, grade, name) for name in inputs}

    assert worth(found["monthly_sales"]) == Decimal(inputs["monthly_sales"]["net"])
    assert worth(found["annual_sales_scale"]) == Decimal(inputs["annual_sales_scale"]["our_sales"])
    invoiced = [each for each in found["payment_method"]["items"] if each["kind"] == "invoice"]
    assert sum(Decimal(each["amount"]) for each in invoiced) == Decimal(inputs["payment_method"]["invoiced"])
    paid = found["payment_reputation"]["items"]
    assert {each["kind"] for each in paid} == {"invoice", "payment"} and len(paid) == 26 + 25
    assert not [each for said in found.values() for each in said["items"] if each["number"] == "late-9500"]
    for name in ("annual_sales_scale", "business_nature", "licences", "premises", "years_in_business"):
        assert found[name]["survey"]["surveyed_on"] == "2026-06-01", name
    assert found["goods_flow"]["items"] == [] and found["goods_flow"]["survey"] is None


async def behind(world: Any, grade: str, indicator: str) -> Any:
    said = await world.get(f"/grades/{grade}/events", query={"indicator": indicator, "limit": 200})
    assert said.status_code == 200, said.text
    return said.json()


def worth(said: Any) -> Decimal:
    return sum((SIGNS[each["kind"]] * Decimal(each["amount"]) for each in said["items"]), Decimal(0))


async def test_an_indicator_that_there_is_not_and_a_foreign_grade_are_refused(world: Any) -> None:
    dealer = await world.dealer("9600")
    await world.trade(dealer, "9600", months=4)
    await world.rate()
    path = f"/grades/{(await world.get(f'/dealers/{dealer}/grade')).json()['id']}/events"
    refused = await world.get(path, query={"indicator": "luck"})
    assert refused.status_code == 422 and refused.json()["errors"][0]["name"] == "indicator"
    foreign = await world.get(path, "branch_manager", query={"indicator": "licences"}, branch="B9")
    assert foreign.status_code == 404
