"""Flow of goods: where sale lines of tiering's topic were shipped to, in a rating, its explanation and again (2.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from credit_rating.rederive import rederive_all
from events import SaleLineReversed


async def flow_of(world: Any, grade: str) -> dict[str, Any]:
    said = (await world.get(f"/grades/{grade}/explanation")).json()
    found: dict[str, Any] = next(each for each in said["indicators"] if each["name"] == "goods_flow")
    return found


async def behind(world: Any, grade: str) -> list[dict[str, Any]]:
    said = await world.get(f"/grades/{grade}/events", query={"indicator": "goods_flow", "limit": 200})
    assert said.status_code == 200, said.text
    found: list[dict[str, Any]] = said.json()["items"]
    return found


async def test_a_rating_counts_what_stays_and_its_events_add_up_and_it_comes_out_again(world: Any) -> None:
    dealer = await world.dealer("9700")
    await world.trade(dealer, "9700", months=14)
    await world.sell(dealer, "80.00", "T1")
    await world.sell(dealer, "30.00", "T2")
    await world.sell(dealer, "10.00", "T2", back=True)
    await world.sell(dealer, "5.00", None)
    wrong = await world.sell(dealer, "9000.00", "T2")
    reversal = SaleLineReversed(line=wrong, reason="Posted twice.")
    await world.tell([world.tiering.add(reversal, dealer)])
    await world.sell(dealer, "7000.00", "T1", out=False)
    run = await world.rate()
    grade = (await world.get(f"/dealers/{dealer}/grade")).json()["id"]
    await world.sell(dealer, "500.00", "T2")  # after the grade's cut
    flow = await flow_of(world, grade)
    assert (flow["grade"], flow["inputs"]["basis"], flow["inputs"]["territory"]) == ("B", "sell_out", "T1")
    assert [Decimal(flow["inputs"][name]) for name in ("value", "known", "inside")] == [105, 100, 80]
    lines = await behind(world, grade)
    assert {each["kind"] for each in lines} == {"sell_out"} and len(lines) == 4
    assert sum(Decimal(each["amount"]) for each in lines) == 105
    again = [each async for each in rederive_all(world.log, UUID(run))]
    assert again and all(each.equal for each in again)


async def test_without_sell_out_deliveries_count_and_lines_without_a_place_leave_no_row(world: Any) -> None:
    dealer = await world.dealer("9701", territory="T9")
    await world.trade(dealer, "9701", months=1, amount="100.00")
    for territory, amount in (("T9", "60.00"), ("T7", "20.00"), (None, "500.00")):
        await world.sell(dealer, amount, territory, out=False)
    await world.rate("R2")
    grade = (await world.get(f"/dealers/{dealer}/grade")).json()["id"]
    flow = await flow_of(world, grade)
    assert (flow["grade"], flow["inputs"]["basis"]) == ("B", "deliveries")
    assert [Decimal(flow["inputs"][name]) for name in ("value", "known", "inside")] == [100, 80, 60]
    assert {(each["kind"], each["amount"]) for each in await behind(world, grade)} == {
        ("delivery", "60.00"), ("delivery", "20.00"),
    }  # fmt: skip
    kept = await world.pool.fetchval("select count(*) from g1.goods_moved where dealer = $1", UUID(dealer))
    assert kept == 2
