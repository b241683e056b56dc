"""Orders and the invoices that name them, in whatever order they come (domain.md 2.7)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

MANAGER = {"role": "branch_manager", "branch": "B1"}
CONTROLLER = {"role": "credit_controller"}


async def ready(world: Any, rows: Any, number: str) -> str:
    """A dealer with a limit of 48,000 that owes nothing."""
    dealer: str = await world.dealer(number)
    await world.trade(dealer, number)
    await world.bulk([rows.payment(number, f"P{number}", "60000.00", rows.today)])
    await world.rate()
    return dealer


async def place(world: Any, dealer: str, number: str, amount: str, **said: Any) -> dict[str, Any]:
    order = {"number": number, "amount": amount, "currency": "CNY"} | said
    async with world.following():
        placed = await world.post(f"/dealers/{dealer}/orders", order, **MANAGER)
    assert placed.status_code == 201, placed.text
    answer: dict[str, Any] = placed.json()
    return answer


async def exposed(world: Any, dealer: str) -> tuple[Decimal, Decimal]:
    """Its exposure, and what of it is reserved."""
    await world.follow()
    said = (await world.get(f"/dealers/{dealer}/exposure")).json()
    return Decimal(said["exposure"]), Decimal(said["reserved"])


async def test_an_invoice_of_an_order_unknown_here_leaves_every_list_as_it_was(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "4001")
    await place(world, dealer, "O-4001", "10.00")
    await world.bulk([rows.invoice("4001", "I-4001", "500.00", rows.today, order="NEVER-PLACED")])
    every = await world.get("/orders", **MANAGER)
    own = await world.get(f"/dealers/{dealer}/orders", **MANAGER)
    one = await world.get(f"/dealers/{dealer}/orders/NEVER-PLACED", **MANAGER)
    assert (every.status_code, own.status_code, one.status_code) == (200, 200, 404)
    assert [each["number"] for each in own.json()["items"]] == ["O-4001"]


async def test_an_invoice_dated_tomorrow_frees_no_headroom_until_midnight(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "4002")
    assert (await place(world, dealer, "O-4002", "40000.00"))["state"] == "released"
    tomorrow = rows.today + timedelta(days=1)
    await world.bulk([rows.invoice("4002", "I-4002", "40000.00", tomorrow, order="O-4002")])
    assert await exposed(world, dealer) == (40000, 0)
    second = await place(world, dealer, "O-4002-2", "9000.00")
    assert [(each["code"], each["amount"]) for each in second["reasons"]] == [("limit-exceeded", "1000.00")]


async def test_a_group_is_exposed_to_an_invoice_dated_tomorrow_from_today_on(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "4003")
    await world.group("G4003", dealer)
    tomorrow = rows.today + timedelta(days=1)
    await world.bulk([rows.invoice("4003", "I-4003", "300.00", tomorrow)])
    assert Decimal((await world.get("/groups/G4003")).json()["exposure"]) == 300
    assert Decimal((await world.get("/groups/G4003/members")).json()["items"][0]["exposure"]) == 300


async def test_an_order_that_is_released_after_its_invoice_reserves_nothing_twice(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "4004")
    assert (await place(world, dealer, "O-4004", "58600.00"))["state"] == "held"
    await world.bulk([rows.invoice("4004", "I-4004", "58600.00", rows.today, order="O-4004")])
    path = f"/dealers/{dealer}/orders/O-4004"
    seen = await world.get(path, **MANAGER)
    assert Decimal(seen.json()["used"]) == 58600
    async with world.following():
        done = await world.post(
            f"{path}/release", {"reason": "It is delivered."}, etag=seen.headers["ETag"], **CONTROLLER
        )
    assert done.status_code == 200, done.text
    assert await exposed(world, dealer) == (58600, 0)


async def test_an_order_that_comes_after_its_invoice_reserves_what_is_left_of_it(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "4005")
    await world.group("G4005", dealer)
    await world.bulk([rows.invoice("4005", "I-4005", "30000.00", rows.today, order="O-4005")])
    assert (await place(world, dealer, "O-4005", "40000.00"))["state"] == "released"
    assert await exposed(world, dealer) == (40000, 10000)
    assert Decimal((await world.get("/groups/G4005")).json()["exposure"]) == 40000, "by the read model, too"
    shown = (await world.get(f"/dealers/{dealer}/orders/O-4005", **MANAGER)).json()
    assert (Decimal(shown["used"]), shown["state"]) == (30000, "released")


async def test_a_short_prepaid_order_shows_every_reason(world: Any, rows: Any) -> None:
    dealer = await world.dealer("4006")
    await world.trade(dealer, "4006")
    held = await place(world, dealer, "O-4006", "10.00", prepaid=True)
    assert [each["code"] for each in held["reasons"]] == ["prepayment-short", "no-grade"]


async def test_an_invoice_taken_back_frees_nothing_before_its_order_reserves_again(world: Any, rows: Any) -> None:
    """The reaction that gives the reservation back is a moment behind: the next order is held all the same."""
    dealer = await ready(world, rows, "4090")
    assert (await place(world, dealer, "O-4090", "40000.00"))["state"] == "released"
    await world.bulk([rows.invoice("4090", "I-4090", "40000.00", rows.today, order="O-4090")])
    await world.follow()
    ledger = (await world.get(f"/dealers/{dealer}/ledger", query={"number": "I-4090"})).json()["items"]
    before = await exposed(world, dealer)
    reactors, world.reactors, told = world.reactors, [], len(world.told)
    taken_back = await world.post(f"/dealers/{dealer}/ledger/{ledger[0]['id']}/reversal", {"reason": "Typed twice."})
    assert taken_back.status_code == 201, taken_back.text
    next_one = await place(world, dealer, "O-4091", "40000.00")
    assert (next_one["state"], [each["code"] for each in next_one["reasons"]]) == ("held", ["limit-exceeded"])
    world.reactors = reactors
    for each in reactors:
        await each.apply([kept for kept in world.told[told:] if kept.topic in each.topics])
    assert await exposed(world, dealer) == (before[0], Decimal(40000))
