"""A run is decided at one cut, survives a crash, is current only when complete, and comes out the same again."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from credit_rating import rating_run
from credit_rating.published_policies import POLICIES
from credit_rating.rating_worker import carry_on_unfinished
from credit_rating.rederive import rederive_all
from events import decode
from events.ids import canonical


async def rederived(world: Any, run: str) -> list[Any]:
    return [each async for each in rederive_all(world.log, UUID(run))]


async def start(world: Any, key: str, region: str = "R1") -> str:
    body = {"region": region, "as_of": "2026-06-30"}
    said = await world.post("/rating-runs", body, "regional_director", key=key, region=region)
    await world.follow()
    run: str = said.json()["run"]
    return run


async def test_a_run_that_was_killed_goes_on_at_its_cut_and_counts_only_when_complete(
    world: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealers = [await world.dealer(str(4000 + n)) for n in range(6)]
    for n, dealer in enumerate(dealers):
        await world.trade(dealer, str(4000 + n), months=14)
    run = await start(world, "killed")
    cut = (await world.get(f"/rating-runs/{run}")).json()["cut"]
    rate, left = rating_run._rate, iter(range(3))

    async def rate_three(*arguments: Any) -> Any:
        if next(left, None) is None:
            raise ConnectionError("killed here")
        return await rate(*arguments)

    monkeypatch.setattr(rating_run, "_rate", rate_three)
    with pytest.raises(ConnectionError):
        await carry_on_unfinished(world.log)
    await asyncio.sleep(0.1)
    await world.follow()
    half = (await world.get(f"/rating-runs/{run}")).json()
    assert half["state"] == "started" and half["graded"] == 3
    assert {(await world.get(f"/dealers/{dealer}/grade")).status_code for dealer in dealers} == {404}

    late = [rows.invoice(str(4000 + n), f"late-{n}", "900000.00", rows.today) for n in range(6)]
    await world.bulk(late)  # after the cut: the run must not see it
    monkeypatch.undo()
    await carry_on_unfinished(world.log)
    await world.follow()
    whole = (await world.get(f"/rating-runs/{run}")).json()
    assert whole["state"] == "completed" and whole["rated"] == whole["graded"] == 6 and whole["cut"] == cut
    limits = [(await world.get(f"/dealers/{dealer}/limit")).json()["m3"] for dealer in dealers]
    assert limits == ["60000.00"] * 6
    assert [each.equal for each in await rederived(world, run)] == [True] * 6
    assert await carry_on_unfinished(world.log) == 0


async def test_starting_again_with_the_same_key_is_the_same_run(world: Any) -> None:
    await world.dealer("4100")
    assert await start(world, "twice") == await start(world, "twice")
    await carry_on_unfinished(world.log)
    await world.follow()


async def test_a_second_run_knows_the_grade_before_and_both_come_out_the_same(world: Any) -> None:
    dealer = await world.dealer("4200", territory="T9")
    await world.trade(dealer, "4200")
    first, second = await world.rate("R2"), await world.rate("R2")
    grades = (await world.get(f"/dealers/{dealer}/grades")).json()["items"]
    assert [(g["run"], g["previous_grade"]) for g in grades] == [(second, 3), (first, None)]
    for run in (first, second):
        assert [each.equal for each in await rederived(world, run)] == [True]
    everything = [each async for each in rederive_all(world.log)]
    assert all(each.equal for each in everything) and len(everything) >= 8


async def test_one_changed_byte_of_the_policy_or_one_event_left_out_is_found(world: Any) -> None:
    dealer = await world.dealer("4300", territory="T9")
    await world.trade(dealer, "4300")
    run = await world.rate("R2")

    async def found() -> set[str]:
        return {d.path for each in await rederived(world, run) if str(each.dealer) == dealer for d in each.differences}

    assert await found() == set()
    name = "update g1.policy set content = jsonb_set(content, '{indicators,monthly_sales,A}', $1::jsonb)"
    await world.pool.execute(name, '"200001"')
    assert await found() == {"policy"}
    await world.pool.execute(name, '"200000"')
    assert await found() == set()
    gone = "delete from g1.ledger_entry where dealer = $1 and kind = 'payment' and number = 'P4300-20' returning *"
    row = await world.pool.fetchrow(gone, UUID(dealer))
    assert row is not None and any(path.startswith("grade.indicators.payment_reputation") for path in await found())


async def test_a_dealer_with_a_parked_stream_is_named_and_left_out_and_its_orders_wait(world: Any) -> None:
    dealer = await world.dealer("4400", territory="T9")
    park = """
    insert into projection.parked_stream (reader, source, stream, partition, reason) values ('g1', 'x', $1, 0, 'broken')
    """
    event = """
    insert into projection.parked (reader, source, partition, sequence, stream, kafka_key, placement, document)
    values ('g1', 'x', 0, 1, $1, '', '', '')
    """
    for statement in (park, event):
        await world.pool.execute(statement, f"{dealer}/ledger")
    try:
        run = await world.rate("R2")
        excluded = (await world.get(f"/rating-runs/{run}/excluded")).json()["items"]
        assert {"dealer": dealer, "reason": "stream-parked"} in excluded
        body = {"number": "O-4400", "amount": "1.00", "currency": "CNY"}
        async with world.following():
            order = await world.post(f"/dealers/{dealer}/orders", body, "branch_manager", branch="B9")
        assert order.status_code == 503 and order.json()["type"].endswith("stream-parked")
    finally:
        await world.pool.execute("delete from projection.parked_stream where source = 'x'")


async def test_a_dealer_whose_onboarding_is_parked_is_named_and_left_out_and_comes_out_the_same(world: Any) -> None:
    dealer = await world.dealer("4450", territory="T9")
    gone = "delete from g1.onboarding where dealer = $1 returning *"
    row = await world.pool.fetchrow(gone, UUID(dealer))
    for region, at in (("R2", row["sequence"]), ("R1", 0)):
        document = canonical({"type": "DealerOnboarded", "data": {"region": region}})
        stream = f"{dealer if region == 'R2' else UUID(int=4451)}/file"
        await world.pool.execute(
            "insert into projection.parked_stream values ('g1', 'customer-registry', $1, $2, 'broken')",
            stream, row["partition"],
        )  # fmt: skip
        await world.pool.execute(
            "insert into projection.parked values ('g1', 'customer-registry', $1, $2, $3, '', '', $4)",
            row["partition"], at, stream, document,
        )  # fmt: skip
    try:
        run = await world.rate("R2")
        excluded = (await world.get(f"/rating-runs/{run}/excluded")).json()["items"]
        assert {"dealer": dealer, "reason": "stream-parked"} in excluded
        assert str(UUID(int=4451)) not in {each["dealer"] for each in excluded}
        assert all(each.equal for each in await rederived(world, run))
    finally:
        await world.pool.execute("delete from projection.parked_stream where source = 'customer-registry'")
        columns = ", ".join(f'"{name}"' for name in dict(row))
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await world.pool.execute(f"insert into g1.onboarding ({columns}) values ({places})", *row.values())
    assert all(each.equal for each in await rederived(world, run))


async def test_more_dealers_without_a_grade_than_one_event_could_name_are_each_named(world: Any) -> None:
    silent = {str(UUID(int=n)) for n in range(1, 512)}
    await world.tell([world.onboarding(dealer, f"S-{dealer[-4:]}", "T7") for dealer in sorted(silent)])
    run = await world.rate("R3")
    said = (await world.get(f"/rating-runs/{run}")).json()
    assert (said["rated"], said["left_out"]) == (0, len(silent))
    path = f"/rating-runs/{run}/excluded"
    query: dict[str, Any] = {"limit": 200}
    found: list[Any] = []
    while query.get("cursor", "first"):
        page = (await world.get(path, query=query)).json()
        query["cursor"] = page["next"]
        found += page["items"]
    assert {each["dealer"] for each in found} == silent and len(found) == len(silent)
    assert {each["reason"] for each in found} == {"survey-missing"}
    elsewhere = await world.get(path, "regional_director", region="R1")
    own = await world.get(path, "regional_director", region="R3")
    assert (elsewhere.status_code, len(own.json()["items"])) == (404, 50)


async def test_a_dealer_left_out_by_a_run_that_was_cut_off_stays_left_out(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    dealer = await world.dealer("4600", territory="T8", survey=None)
    run = await start(world, "left out", "R4")

    async def killed(*_: Any) -> None:
        raise ConnectionError("killed here")

    monkeypatch.setattr(rating_run, "_complete", killed)
    with pytest.raises(ConnectionError):
        await carry_on_unfinished(world.log)
    await world.survey(dealer, "2026-06-01")
    monkeypatch.undo()
    assert await carry_on_unfinished(world.log) == 1
    await world.follow()
    said = (await world.get(f"/rating-runs/{run}")).json()
    assert (said["state"], said["rated"], said["left_out"]) == ("completed", 0, 1)
    events = [row.document for row in await world.log.read_stream(f"{dealer}/credit")]
    assert [decode(each).type for each in events] == ["CreditFileOpened", "GradeWithheld"]


async def test_the_shipped_policy_is_published_once(world: Any) -> None:
    before = await world.log.last()
    await POLICIES.publish_shipped(world.log, (await world.pool.fetchval("select current_date")))
    assert await world.log.last() == before
    listed = (await world.get("/policies")).json()["items"]
    assert [(each["name"], each["version"]) for each in listed] == [("credit", 1)]
    content = (await world.get("/policies/credit/1")).json()
    assert canonical(content["content"]["name"]) == b'"credit"'


async def test_a_director_sees_the_runs_of_the_own_region_only(world: Any) -> None:
    await world.dealer("4500", territory="T9")
    run = await world.rate("R2")
    foreign = await world.get(f"/rating-runs/{run}", "regional_director", region="R1")
    own = await world.get(f"/rating-runs/{run}", "regional_director", region="R2")
    assert (foreign.status_code, own.status_code) == (404, 200)
    listed = (await world.get("/rating-runs", "regional_director", region="R1")).json()["items"]
    assert {each["region"] for each in listed} <= {"R1"}
