"""Dealers of one owner share a limit: orders are checked against it too, and no two checks spend the same of it."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from credit_rating import group_standing
from credit_rating.domain.order import ORDERS, PlaceOrder
from credit_rating.group_standing import checked_again
from credit_rating.standing import gathered_standing
from eventlog.log import Log
from eventlog.meta import Meta
from eventlog.turns import TURN_SECONDS
from events import DealerLeftGroup, OrderHeld, OrderReleased, command_id, request_hash
from events.placement import partition_of

HEAD = {"role": "head_of_marketing", "login": "zhao.lei"}
WHY = {"reason": "Four shops of one owner."}


def apart(count: int) -> list[str]:
    """Ids of dealers of as many partitions."""
    found: dict[int, str] = {}
    while len(found) < count:
        dealer = str(uuid4())
        found.setdefault(partition_of(dealer, 12), dealer)
    return list(found.values())


async def dealers_of_group(world: Any, rows: Any, code: str, limit: str, count: int = 4) -> list[str]:
    """Graded dealers that owe nothing, each with a limit of 48,000, of one group."""
    dealers = apart(count)
    for n, dealer in enumerate(dealers):
        number = f"{code}-{n}"
        await world.onboard(dealer, number, ("T1", "T2")[n % 2])
        await world.survey(dealer, "2026-06-01")
        await world.trade(dealer, number)
        await world.bulk([rows.payment(number, f"P{number}", "60000.00", rows.today)])
    await world.rate()
    await world.group(code, *dealers)
    await set_limit(world, code, limit)
    return dealers


async def set_limit(world: Any, code: str, limit: str, **said: str) -> Any:
    etag = {"etag": said.pop("etag")} if "etag" in said else {}
    given = await world.post(f"/groups/{code}/limit", {"limit": limit} | WHY | said, **HEAD, **etag)
    await world.follow()
    return given


async def order(world: Any, dealer: str, number: str, amount: str) -> Any:
    body = {"number": number, "amount": amount, "currency": "CNY"}
    async with world.following():
        return (await world.post(f"/dealers/{dealer}/orders", body, "importer")).json()


async def test_an_order_is_held_for_what_its_group_owes_and_the_dealer_shows_why(world: Any, rows: Any) -> None:
    one, other, third = await dealers_of_group(world, rows, "G1", "50000.00", 3)
    assert (await order(world, one, "G1-A", "30000.00"))["state"] == "released"
    held = await order(world, other, "G1-B", "20000.01")
    assert [(each["code"], each["amount"]) for each in held["reasons"]] == [("group-limit", "0.01")]
    both = await order(world, other, "G1-C", "60000.00")
    assert {each["code"] for each in both["reasons"]} == {"limit-exceeded", "group-limit"}
    assert (await order(world, third, "G1-D", "20000.00"))["state"] == "released"
    await world.follow()
    said = (await world.get(f"/dealers/{other}/exposure")).json()
    assert (said["exposure"], said["headroom"]) == ("0.00", "48000.00")
    assert said["group"] == {
        "group": "G1", "name": "集团 G1", "limit": "50000.00", "exposure": "50000.00", "headroom": "0.00",
    }  # fmt: skip
    shown = (await world.get("/groups/G1")).json()
    assert (shown["exposure"], shown["headroom"], shown["members"]) == ("50000.00", "0.00", 3)


async def test_who_leaves_the_group_is_checked_alone_and_frees_what_it_held_there(world: Any, rows: Any) -> None:
    one, other = await dealers_of_group(world, rows, "G2", "40000.00", 2)
    assert (await order(world, one, "G2-A", "40000.00"))["state"] == "released"
    left = DealerLeftGroup(group="G2", reason="Sold.", by="he", on=rows.today)
    await world.tell([world.registry.add(left, one)])
    await world.follow()
    assert (await order(world, other, "G2-B", "40000.00"))["state"] == "released"
    assert (await order(world, one, "G2-C", "8000.00"))["state"] == "released"
    assert (await world.get(f"/dealers/{one}/exposure")).json()["group"] is None


async def test_a_group_limit_counts_on_its_days_the_last_one_given_and_ended_none(world: Any, rows: Any) -> None:
    await dealers_of_group(world, rows, "G3", "90000.00", 1)
    early = await set_limit(world, "G3", "70000.00", last_day="2026-07-31")
    assert early.status_code == 428, "there is one: say which version is replaced"
    etag = (await world.get("/groups/G3")).headers["etag"]
    assert (await set_limit(world, "G3", "70000.00", last_day="2026-07-31", etag=etag)).status_code == 200
    days = ("2026-06-29", "2026-06-30", "2026-07-31", "2026-08-01")
    shown = [(await world.get("/groups/G3", query={"as_of": day})).json()["limit"] for day in days]
    assert [each and each["limit"] for each in shown] == [None, "70000.00", "70000.00", "90000.00"]
    exposed = [(await world.get("/groups/G3", query={"as_of": day})).json()["exposure"] for day in days]
    assert exposed[1] is not None and exposed[:1] + exposed[2:] == [None] * 3, "orders have no past here"
    etag = (await world.get("/groups/G3")).headers["etag"]
    ended = await world.post("/groups/G3/limit/end", {"reason": "Sold."}, etag=etag, **HEAD)
    assert ended.status_code == 200, ended.text
    await world.follow()
    assert (await world.get("/groups/G3")).json()["limit"] is None
    kinds = [each["kind"] for each in (await world.get("/groups/G3/limits")).json()["items"]]
    assert kinds == ["ended", "set", "set"]


async def test_a_group_shows_to_those_with_a_dealer_of_it_and_names_only_theirs(world: Any, rows: Any) -> None:
    one, other = await dealers_of_group(world, rows, "G4", "90000.00", 2)  # T1 of B1, T2 of B2
    mine = {"role": "branch_manager", "branch": "B1"}
    assert (await world.get("/groups/G4", **mine)).json()["members"] == 2
    named = (await world.get("/groups/G4/members", **mine)).json()["items"]
    assert [each["dealer"] for each in named] == [one]
    everyone = (await world.get("/groups/G4/members")).json()["items"]
    assert {each["dealer"] for each in everyone} == {one, other}
    stranger = {"role": "branch_manager", "branch": "B9"}
    for path in ("/groups/G4", "/groups/G4/members", "/groups/G4/limits"):
        assert (await world.get(path, **stranger)).status_code == 404
    assert "G4" not in {each["code"] for each in (await world.get("/groups", **stranger)).json()["items"]}
    assert "G4" in {each["code"] for each in (await world.get("/groups", **mine)).json()["items"]}
    director = await world.post("/groups/G4/limit", {"limit": "1.00"} | WHY, "regional_director", region="R1")
    unknown = await set_limit(world, "G404", "1.00")
    assert (director.status_code, unknown.status_code) == (403, 409)


async def race(world: Any, rows: Any, code: str, amounts: list[Decimal], limit: Decimal) -> None:
    """As many orders at once as there are amounts, of four dealers on two hosts."""
    dealers = await dealers_of_group(world, rows, code, f"{limit}")
    hosts = [world.log, Log("credit-rating", world.pool)]
    patient = [each.turns for each in hosts] + [group_standing.TURNS]

    async def place(n: int, amount: Decimal) -> list[Any]:
        dealer, log = dealers[n % 4], hosts[n // 4 % 2]

        async def checked(orders: Any) -> PlaceOrder:
            standing = await gathered_standing(world.runtime, UUID(dealer), rows.today, orders.group)
            return PlaceOrder(
                number=f"{code}-{n}", amount=amount, currency="CNY", ordered_on=rows.today, standing=standing
            )

        meta = Meta(
            actor="li.wei", business_date=rows.today, command_id=command_id("race", code, n),
            request_hash=request_hash({}), correlation="c",
        )  # fmt: skip
        turn = f"{code} of host {n // 4 % 2}"
        written = await checked_again(turn, lambda: log.handle(ORDERS, dealer, None, meta, prepare=checked))
        return list(written.events)

    for turns in patient:
        turns.seconds = 300.0  # a thousand in line, each of which would be told to come again
    async with world.following():
        decided = await asyncio.gather(*(place(n, amount) for n, amount in enumerate(amounts)))
    for turns in patient:
        turns.seconds = TURN_SECONDS
    outcomes = [event for events in decided for event in events]
    released = [event.amount for event in outcomes if isinstance(event, OrderReleased)]
    held = [event for event in outcomes if isinstance(event, OrderHeld)]
    assert len(released) + len(held) == len(amounts)
    left = limit - sum(released)
    assert left >= 0, "never more than the group may"
    assert all(left < event.amount for event in held), "what was held does not fit into what is left"
    assert all([each.code for each in event.reasons] == ["group-limit"] for event in held)
    await world.follow()
    shown = (await world.get(f"/groups/{code}")).json()
    assert Decimal(shown["exposure"]) == sum(released) and Decimal(shown["headroom"]) == left


async def test_forty_orders_at_once_of_four_dealers_never_spend_more_than_their_group_may(
    world: Any, rows: Any
) -> None:
    await race(world, rows, "G5", [Decimal(700 + 130 * n % 900) for n in range(40)], Decimal(20000))


@pytest.mark.slow
async def test_a_thousand_orders_at_once_of_four_dealers_spend_the_group_limit_to_the_last_that_fits(
    world: Any, rows: Any
) -> None:
    await race(world, rows, "G6", [Decimal(20 + 37 * n % 481) for n in range(1000)], Decimal(45000))


async def test_an_order_that_waits_too_long_for_its_turn_is_told_to_come_again_and_is_not_placed(
    world: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealer, *_ = await dealers_of_group(world, rows, "G7", "20000.00")
    order = {"number": "G7-late", "amount": "100.00", "currency": "CNY"}
    monkeypatch.setattr(group_standing.TURNS, "seconds", 0.05)
    before = await world.log.last()
    async with group_standing.in_turn("G7"):
        told = await world.post(f"/dealers/{dealer}/orders", order, "branch_manager", branch="B1", key="g7")
    assert (told.status_code, told.headers["retry-after"]) == (503, "2")
    assert await world.log.last() == before
    async with world.following():
        again = await world.post(f"/dealers/{dealer}/orders", order, "branch_manager", branch="B1", key="g7")
    assert again.status_code == 201
