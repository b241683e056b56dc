"""Limits are computed anew between grades, by what they rest on: once a cause, and again byte for byte (2.7)."""

from __future__ import annotations

from datetime import date
from typing import Any

from credit_rating.recomputing import recompute_all, stamp

JULY = date(2026, 7, 1)
HEAD = {"role": "head_of_marketing", "login": "zhao.lei"}


async def limit(world: Any, dealer: str, as_of: str = "2026-06-30") -> Any:
    return (await world.get(f"/dealers/{dealer}/limit", query={"as_of": as_of})).json()


async def anew(world: Any, today: date) -> int:
    done: int = await recompute_all(world.log, today)
    await world.follow()
    return done


async def graded(world: Any, number: str) -> str:
    dealer: str = await world.dealer(number)
    await world.trade(dealer, number)
    await world.rate()
    return dealer


async def test_on_the_first_every_graded_dealer_has_its_limit_computed_anew_once(world: Any, rows: Any) -> None:
    dealer, ungraded = await graded(world, "8000"), await world.dealer("8001")
    await world.bulk([rows.invoice("8000", "8000-more", "30000.00", rows.today)])
    assert await anew(world, rows.today) == 0
    assert await anew(world, JULY) == 1
    before, now = await limit(world, dealer), await limit(world, dealer, "2026-07-01")
    assert (before["limit"], before["causes"], before["as_of"]) == ("48000.00", [], "2026-06-30")
    assert (now["limit"], now["m3"], now["m12"]) == ("48900.00", "70000.00", "62500.00"), "62,500 × 60,000/61,250 × 0.8"
    assert now["causes"] == ["month"]
    assert now["run"] == before["run"] and now["policy"]["version"] == 1 and now["rule"]["unit"] == "100"
    assert await anew(world, JULY) == 0 and await anew(world, date(2026, 7, 31)) == 0
    listed = (await world.get(f"/dealers/{dealer}/limits")).json()["items"]
    assert [(each["as_of"], each["causes"]) for each in listed] == [("2026-07-01", ["month"]), ("2026-06-30", [])]
    assert (await world.get(f"/dealers/{ungraded}/limit")).status_code == 404
    grade = (await world.get(f"/dealers/{dealer}/grade")).json()["id"]
    assert (await world.get(f"/grades/{grade}/explanation")).json()["limit"]["m3"] == "60000.00", "the grade's own"


async def test_other_terms_count_from_their_day_on_and_orders_are_checked_against_the_new_limit(
    world: Any, rows: Any
) -> None:
    dealer = await graded(world, "8100")
    await world.bulk([rows.payment("8100", "P8100", "60000.00", rows.today)])
    before = await stamp(world.log, rows.today)
    await world.terms(dealer, 45)
    assert await stamp(world.log, rows.today) != before, "the worker looks at once"
    assert await anew(world, rows.today) == 1
    now = await limit(world, dealer)
    assert (now["limit"], now["causes"], now["term_days"]) == ("72000.00", ["terms"], 45)
    async with world.following():
        order = await world.post(
            f"/dealers/{dealer}/orders", {"number": "O-8100", "amount": "72000.00", "currency": "CNY"}, "importer"
        )
    assert (order.json()["state"], order.json()["check"]["limit"]) == ("released", "72000")


async def test_a_limit_computed_anew_comes_out_again_from_the_facts_at_its_cut(world: Any, rows: Any) -> None:
    dealer = await graded(world, "8200")
    await anew(world, JULY)
    await world.bulk([rows.invoice("8200", "8200-late", "900000.00", rows.today)])
    one = await limit(world, dealer, "2026-07-01")
    again = (await world.get(f"/limits/{one['id']}/rederivation")).json()
    assert (again["equal"], again["differences"], again["dealer"]) == (True, [], dealer)
    change = "update g1.ledger_entry set amount = $1 where kind = 'invoice' and number = '8200-25' returning number"
    assert await world.pool.fetch(change, 99_999)
    changed = (await world.get(f"/limits/{one['id']}/rederivation")).json()
    await world.pool.execute(change, 60_000)
    assert not changed["equal"] and "limit.m3" in {each["path"] for each in changed["differences"]}
    with_grade = (await limit(world, dealer))["id"]
    assert (await world.get(f"/limits/{with_grade}/rederivation")).status_code == 404


async def test_a_policy_that_takes_effect_is_answered_for_every_graded_dealer(world: Any) -> None:
    dealer = await graded(world, "8300")
    await anew(world, JULY)
    content = (await world.get("/policies/credit/1")).json()["content"]
    content |= {"version": 2, "effective_from": "2026-07-10"}
    content["limit"]["coefficients"] = dict.fromkeys("12345", "0.1")
    drafted = await world.post("/policies/drafts", {"content": content, "note": "Less risk."}, "credit_controller")
    path, etag = drafted.headers["location"], drafted.headers["etag"]
    submitted = await world.post(f"{path}/submission", {}, "credit_controller", etag=etag)
    approved = await world.post(f"{path}/approval", {"opinion": "Agreed."}, etag=submitted.headers["etag"], **HEAD)
    assert approved.status_code == 200, approved.text
    await world.follow()
    assert await anew(world, date(2026, 7, 9)) == 0
    assert await anew(world, date(2026, 7, 12)) >= 1
    now = await limit(world, dealer, "2026-07-12")
    assert (now["limit"], now["causes"], now["as_of"]) == ("6000.00", ["policy"], "2026-07-10")
    assert now["policy"]["version"] == 2
    assert (await limit(world, dealer, "2026-07-09"))["limit"] == "48000.00"
