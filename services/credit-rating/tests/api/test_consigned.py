"""Consigned stock counts in exposure: of a dealer, of its group, in the check of an order (domain.md 2.7)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from credit_rating.consigned import consigned_of
from credit_rating.snapshot import company_snapshot
from eventlog.position import cut_from_json
from events.placement import partition_of

HEAD = {"role": "head_of_marketing", "login": "zhao.lei"}


async def agent(world: Any, rows: Any, number: str) -> str:
    """An agent that owes nothing and has a limit of 48,000."""
    dealer: str = await world.dealer(number, cooperation="agent")
    await world.trade(dealer, number)
    await world.bulk([rows.payment(number, f"P{number}", "60000.00", rows.today)])
    await world.rate()
    return dealer


async def exposure(world: Any, dealer: str) -> tuple[Decimal, Decimal, Decimal]:
    said = (await world.get(f"/dealers/{dealer}/exposure")).json()
    return Decimal(said["exposure"]), Decimal(said["consigned_stock"]), Decimal(said["headroom"])


async def order(world: Any, dealer: str, number: str, amount: str) -> Any:
    body = {"number": number, "amount": amount, "currency": "CNY"}
    async with world.following():
        return (await world.post(f"/dealers/{dealer}/orders", body)).json()


async def test_what_an_agent_holds_of_ours_is_exposure_and_what_is_its_own_is_not(world: Any, rows: Any) -> None:
    dealer = await agent(world, rows, "6601")
    assert await exposure(world, dealer) == (0, 0, 48000)
    await world.stock(dealer, "2026-05-31", "30000.00", own="9000.00")
    assert await exposure(world, dealer) == (30000, 30000, 18000)
    await world.stock(dealer, "2026-06-30", "40000.50")
    assert await exposure(world, dealer) == (Decimal("40000.50"), Decimal("40000.50"), Decimal("7999.50"))
    await world.stock(dealer, "2026-04-30", "1.00")
    assert (await exposure(world, dealer))[1] == Decimal("40000.50"), "an earlier day replaces nothing"
    await world.stock(dealer, "2026-06-30", "0.00")
    assert await exposure(world, dealer) == (0, 0, 48000)


async def test_an_order_is_checked_with_consigned_stock_known_at_the_recorded_cut(world: Any, rows: Any) -> None:
    dealer = await agent(world, rows, "6602")
    await world.stock(dealer, "2026-06-30", "40000.00")
    held = await order(world, dealer, "C-1", "8000.01")
    assert [(each["code"], each["amount"]) for each in held["reasons"]] == [("limit-exceeded", "0.01")]
    released = await order(world, dealer, "C-2", "8000.00")
    assert (released["state"], Decimal(released["check"]["exposure"])) == ("released", 40000)
    cut = cut_from_json(released["check"]["cut"])
    assert cut["tiering"][partition_of(dealer, 12)] == world.tiering.last[partition_of(dealer, 12)][0]
    await world.stock(dealer, "2026-06-30", "10.00")
    async with company_snapshot(world.pool) as conn:
        then = await consigned_of(conn, [UUID(dealer)], rows.today, cut)
    assert then[UUID(dealer)].value == 40000, "what is reported later changes nothing of that check"


async def test_a_group_is_exposed_to_what_its_dealers_hold_of_ours(world: Any, rows: Any) -> None:
    one, other = await agent(world, rows, "6603"), await agent(world, rows, "6604")
    await world.group("CG", one, other)
    body = {"limit": "50000.00", "reason": "Two shops of one owner."}
    assert (await world.post("/groups/CG/limit", body, **HEAD)).status_code == 200
    await world.follow()
    await world.stock(other, "2026-06-30", "45000.00")
    group = (await world.get("/groups/CG")).json()
    assert (Decimal(group["exposure"]), Decimal(group["headroom"])) == (45000, 5000)
    members = (await world.get("/groups/CG/members")).json()["items"]
    assert {each["dealer"]: Decimal(each["exposure"]) for each in members} == {one: 0, other: 45000}
    held = await order(world, one, "C-3", "5000.01")
    assert [(each["code"], each["amount"]) for each in held["reasons"]] == [("group-limit", "0.01")]
    assert (await order(world, one, "C-4", "5000.00"))["state"] == "released"


async def test_a_late_report_changes_march_known_now_and_never_march_known_then(world: Any) -> None:
    dealer = await world.dealer("6605", cooperation="agent")
    path, march = f"/dealers/{dealer}/consigned-stock", {"as_of": "2026-03-31"}
    none = (await world.get(path, query=march)).json()
    assert (none["value"], none["report"], none["reported_on"]) == ("0.00", None, None)
    await world.stock(dealer, "2026-02-28", "700.00")
    then = (await world.get(path, query=march)).json()
    await world.stock(dealer, "2026-04-30", "900.00")
    await world.stock(dealer, "2026-03-31", "550.00")
    now = (await world.get(path, query=march)).json()
    assert [(each["value"], each["reported_on"]) for each in (then, now)] == [
        ("700.00", "2026-02-28"), ("550.00", "2026-03-31"),
    ]  # fmt: skip
    assert now["report"] != then["report"] and now["number"].startswith("S-")
    for known in (then["known_at"], json.dumps(then["cut"])):
        again = (await world.get(path, query=march | {"known_at": known})).json()
        assert {**again, "cut": 0, "known_at": 0} == {**then, "cut": 0, "known_at": 0}, known
    assert (await world.get(path)).json()["value"] == "900.00"


async def test_consigned_stock_of_a_dealer_outside_the_scope_is_not_there(world: Any) -> None:
    dealer = await world.dealer("6606", territory="T2")
    for one in (dealer, str(uuid4())):
        said = await world.get(f"/dealers/{one}/consigned-stock", "sales_representative", territory="T1")
        assert said.status_code == 404
