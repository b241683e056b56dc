"""From documents to grades to orders: the path of the credit controller, on a real database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


async def test_invoices_and_payments_become_receivables_that_add_up(world: Any, rows: Any) -> None:
    dealer = await world.dealer("1001")
    await world.trade(dealer, "1001")
    said = (await world.get(f"/dealers/{dealer}/receivables")).json()
    assert said["balance"] == "60000.00"
    assert sum(Decimal(column["amount"]) for column in said["ageing"]) == Decimal(said["balance"])
    assert [item["number"] for item in said["open_items"]] == ["1001-25"]
    assert said["on_time_share"] == "1.0000"


async def test_a_run_gives_grades_and_limits_with_everything_they_rest_on(world: Any) -> None:
    good, silent = await world.dealer("1002"), await world.dealer("1003", survey=None)
    await world.trade(good, "1002")
    run = await world.rate()
    said = (await world.get(f"/rating-runs/{run}")).json()
    assert said["state"] == "completed" and said["authorised_by"] and len(said["digest"]) == 64
    excluded = (await world.get(f"/rating-runs/{run}/excluded")).json()["items"]
    assert {"dealer": silent, "reason": "survey-missing"} in excluded and len(excluded) == said["left_out"]
    grade = (await world.get(f"/dealers/{good}/grade")).json()
    assert grade["grade"] == 3 and grade["run"] == run
    why = (await world.get(f"/grades/{grade['id']}/explanation")).json()
    assert len(why["indicators"]) == 9 and why["policy"]["version"] == 1 and why["limit"]["limit"] == "48000.00"
    again = (await world.get(f"/grades/{grade['id']}/rederivation")).json()
    assert again["equal"] and again["differences"] == []


async def test_an_order_above_the_limit_is_held_with_the_reason_until_somebody_entitled_releases_it(world: Any) -> None:
    dealer = await world.dealer("1004")
    await world.trade(dealer, "1004", months=26, amount="60000.00")
    paid = {
        "dealer": dealer, "source": "ERP", "number": "P1004", "amount": "60000.00", "currency": "CNY",
        "received_on": "2026-06-29", "method": "transfer",
    }  # fmt: skip
    assert (await world.post("/payments", paid)).status_code == 201
    await world.rate()
    order = {"number": "O-1", "amount": "40000.00", "currency": "CNY"}
    async with world.following():
        first = await world.post(f"/dealers/{dealer}/orders", order, "branch_manager", branch="B1")
        second = await world.post(f"/dealers/{dealer}/orders", order | {"number": "O-2"}, "branch_manager", branch="B1")
    assert (first.status_code, first.json()["state"]) == (201, "released"), first.text
    assert second.json()["state"] == "held"
    assert [reason["code"] for reason in second.json()["reasons"]] == ["limit-exceeded"]
    headroom = await world.get(f"/dealers/{dealer}/exposure")

    path, why = f"/dealers/{dealer}/orders/O-2", {"reason": "The transfer was seen; it is booked tomorrow."}
    controller = {"role": "credit_controller", "login": "he.jun"}
    await world.follow()
    etag = (await world.get(path)).headers["etag"]
    refused = await world.post(f"{path}/release", why, "branch_manager", branch="B1", etag=etag)
    async with world.following():
        released = await world.post(f"{path}/release", why, etag=etag, **controller)
        again = await world.post(f"{path}/release", why, etag='"4"', **controller)
    assert (refused.status_code, released.status_code, again.status_code) == (403, 200, 412)
    assert [each["code"] for each in released.json()["reasons"]] == ["limit-exceeded"]
    await world.follow()
    shown = await world.get(path)
    assert (shown.json()["state"], shown.json()["released_by"]) == ("released", "he.jun")
    twice = await world.post(f"{path}/release", why, etag=shown.headers["etag"], **controller)
    assert twice.status_code == 409 and twice.json()["type"].endswith("order-not-held")
    left = (await world.get(f"/dealers/{dealer}/exposure")).json()["headroom"]
    assert float(left) == float(headroom.json()["headroom"]) - 40000
