"""A proposed policy is tried at any date, known at any cut, over the dealers that the caller sees; nothing is kept."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from credit_rating import simulating
from credit_rating.published_policies import POLICIES

GENERAL = {"role": "branch_general_manager", "branch": "B9"}
WHERE = "/policies/simulations"


def proposed(**indicators: Any) -> dict[str, Any]:
    content = POLICIES.shipped() | {"version": 2, "effective_from": "2026-07-01"}
    for name, rule in indicators.items():
        content["indicators"][name] = content["indicators"][name] | rule
    return content


HARDER = proposed(monthly_sales={"B": "80000"})


async def simulate(world: Any, query: str = "", role: str = "head_of_marketing", **body: Any) -> Any:
    scope = {name: body.pop(name) for name in ("branch", "region") if name in body}
    return await world.post(WHERE + query, {"content": HARDER} | body, role, **scope)


@pytest.fixture(scope="module")
async def network(world: Any) -> dict[str, str]:
    """Three dealers in R1, two in R2, one without a survey."""
    dealers = {}
    for number, territory in (("6001", "T1"), ("6002", "T1"), ("6003", "T2"), ("6004", "T9"), ("6005", "T9")):
        dealers[number] = await world.dealer(number, territory=territory)
        await world.trade(dealers[number], number, amount="60000.00" if number != "6002" else "90000.00")
    dealers["6006"] = await world.dealer("6006", territory="T1", survey=None)
    return dealers


async def test_the_policy_of_that_time_at_the_cut_of_a_run_gives_the_grades_that_the_run_gave(
    world: Any, network: dict[str, str], rows: Any
) -> None:
    run = (await world.get(f"/rating-runs/{await world.rate('R1')}")).json()
    late = [rows.invoice(number, f"late-{number}", "900000.00", date(2026, 1, 5)) for number in ("6001", "6003")]
    await world.bulk(late)
    body = {"content": POLICIES.shipped(), "as_of": "2026-06-30", "region": "R1", "limits": True}
    said = (await simulate(world, role="regional_director", known_at=str(run["cut"]).replace("'", '"'), **body)).json()
    then = said["totals"]
    assert then["moved"] == 0 and said["items"] == [] and then["limits"]["now"] == then["limits"]["then"]
    assert then["not_as_in_force"] == 0 and then["matrix"] == [{"now": 3, "then": 3, "dealers": 3}]
    assert then["left_out"] == {"survey-missing": 1} and said["now"] == run["policy"]
    assert [each["dealer"] for each in then["left_out_dealers"]] == [network["6006"]]
    now = (await simulate(world, role="regional_director", **body)).json()
    assert now["totals"]["not_as_in_force"] == 2, "known now, the unpaid invoices count"


async def test_movers_say_why_and_nothing_is_published(world: Any, network: dict[str, str]) -> None:
    await world.follow()
    last = "select array_agg(e order by e) from (select partition, max(sequence) from log.event group by 1) as e"
    before = await world.pool.fetchval(last)
    said = (await simulate(world, known_at=await cut(world), region="R2", role="regional_director")).json()
    totals = said["totals"]
    assert totals["matrix"] == [{"now": 3, "then": 4, "dealers": 2}] and (totals["dealers"], totals["moved"]) == (2, 2)
    first = said["items"][0]
    assert (first["code"], first["now"]["grade"], first["then"]["grade"]) == ("D6004", 3, 4)
    assert first["indicators"] == [{"indicator": "monthly_sales", "now": "B", "then": "C", "value": "60000.00"}]
    limits = totals["limits"]
    assert (limits["now"], limits["then"], limits["lowered"]) == (
        "96000.00", "60000.00", {"dealers": 2, "amount": "36000.00"},
    )  # fmt: skip
    assert said["then"]["version"] == 2 and said["now"]["version"] == 1
    assert await world.pool.fetchval(last) == before


async def cut(world: Any) -> str:
    answer = await world.get("/receivables/ageing")
    known_at: str = answer.json()["known_at"]
    return known_at


async def test_a_branch_sees_its_own_dealers_only(world: Any, network: dict[str, str]) -> None:
    said = (await simulate(world, **GENERAL)).json()
    assert {each["dealer"] for each in said["items"]} == {network["6004"], network["6005"]}
    assert said["totals"]["dealers"] == sum(cell["dealers"] for cell in said["totals"]["matrix"]) == 2


async def test_movers_come_page_by_page_each_once_and_by_cell(world: Any, network: dict[str, str]) -> None:
    known_at, seen, query = await cut(world), [], "?limit=1"
    while True:
        page = (await simulate(world, query, known_at=known_at)).json()
        seen += [each["code"] for each in page["items"]]
        if page["next"] is None:
            break
        query = f"?limit=1&cursor={page['next']}"
    first = (await simulate(world, known_at=known_at)).json()
    assert seen == sorted(set(seen)) == [each["code"] for each in first["items"]]
    assert len(seen) == first["totals"]["moved"] > 1
    cells = [(cell["now"], cell["then"]) for cell in first["totals"]["matrix"] if cell["now"] != cell["then"]]
    for now, then in cells:
        part = (await simulate(world, now=now, then=then)).json()["items"]
        assert {(each["now"]["grade"], each["then"]["grade"]) for each in part} == {(now, then)}


@pytest.mark.slow
async def test_processes_of_their_own_answer_the_same(
    world: Any, network: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known_at = await cut(world)
    here = await simulate(world, known_at=known_at, limits=True)
    monkeypatch.setattr(simulating, "WORTH_A_PROCESS", 1)
    there = await simulate(world, known_at=known_at, limits=True)
    assert here.status_code == 200 and there.json() == here.json()
    further = "?limit=1&cursor=" + (await simulate(world, "?limit=1", known_at=known_at)).json()["next"]
    monkeypatch.setattr(simulating, "WORTH_A_PROCESS", 1000)
    near = (await simulate(world, further, known_at=known_at)).json()
    monkeypatch.setattr(simulating, "WORTH_A_PROCESS", 1)
    assert (await simulate(world, further, known_at=known_at)).json() == near and len(near["items"]) == 1
    far = {"known_at": known_at, "now": 5, "then": 1}
    assert (await simulate(world, further, **far)).json()["items"] == [], "those behind the near ones are tried, too"
    async with simulating.judges(1_000):
        assert (await simulate(world, known_at=known_at)).status_code == 503, "one at a time"
    assert (await simulate(world, known_at=known_at)).status_code == 200


async def test_processes_of_a_simulation_that_is_cut_off_end_with_it(
    world: Any, network: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    started, start = [], asyncio.create_subprocess_exec

    async def starting(*arguments: Any, **options: Any) -> Any:
        started.append(await start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", starting)
    monkeypatch.setattr(simulating, "WORTH_A_PROCESS", 1)
    asked = asyncio.create_task(simulate(world))
    async with asyncio.timeout(30):
        while len(started) < 2:
            await asyncio.sleep(0.01)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert [process.returncode for process in started] == [-9, -9]
    async with simulating.judges(1_000) as free:
        assert len(free) == 2, "the next one may begin"


async def test_a_further_page_tries_no_more_dealers_than_it_needs(
    world: Any, network: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known_at, tried = await cut(world), []
    movers = [each["dealer"] for each in (await simulate(world, known_at=known_at)).json()["items"]]
    first = (await simulate(world, "?limit=1", known_at=known_at)).json()
    judge = simulating.simulated

    def seen(facts: Any, *others: Any) -> Any:
        tried.append(facts.dealer)
        return judge(facts, *others)

    monkeypatch.setattr(simulating, "simulated", seen)
    monkeypatch.setattr(simulating, "SLICE", 1)
    page = (await simulate(world, f"?limit=1&cursor={first['next']}", known_at=known_at)).json()
    assert page["totals"] is None and [each["dealer"] for each in page["items"]] == movers[1:2]
    assert [dealer for dealer in tried if dealer in movers] == movers[1:3], "that of the page and that which ends it"
    assert tried[-1] == movers[2] and len(movers) > 3


async def test_a_mover_says_that_its_5c_caps_the_grade(world: Any, network: dict[str, str]) -> None:
    low = {"score": 30, "evidence": "Visited."}
    scores = {name: low for name in ("character", "capacity", "capital", "collateral", "conditions")}
    assessed = await world.post(f"/dealers/{network['6005']}/five-c", scores, "credit_controller")
    assert assessed.status_code in (200, 201), assessed.text
    await world.follow()
    capping = POLICIES.shipped() | {"version": 2, "five_c": {"cap": {"below": "40", "grade": 5}}}
    said = (await simulate(world, content=capping, **GENERAL)).json()
    (mover,) = said["items"]
    assert (mover["dealer"], mover["now"]["grade"], mover["then"]["grade"]) == (network["6005"], 3, 5)
    assert mover["indicators"] == [] and mover["now"]["rule"] == mover["then"]["rule"] and mover["now"]["cap"] is None
    assert mover["then"]["cap"] == {"total": "30.0", "below": "40", "computed": 3}


async def test_a_dealer_with_a_parked_stream_is_named_and_left_out(world: Any, network: dict[str, str]) -> None:
    stream = f"{network['6004']}/ledger"
    await world.pool.execute(
        "insert into projection.parked_stream values ('g1', 'x', $1, 0, 'broken')", stream
    )  # fmt: skip
    await world.pool.execute("insert into projection.parked values ('g1', 'x', 0, 1, $1, '', '', '')", stream)
    try:
        said = (await simulate(world, **GENERAL)).json()
    finally:
        await world.pool.execute("delete from projection.parked_stream where source = 'x'")
    totals = said["totals"]
    assert totals["left_out"] == {"stream-parked": 1} and totals["dealers"] == 2
    assert UUID(totals["left_out_dealers"][0]["dealer"]) == UUID(network["6004"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"content": proposed() | {"name": "other"}}, 422, "policy-misnamed"),
        ({"content": proposed(monthly_sales={"A": "1"})}, 422, "policy-invalid"),
        ({"content": {}}, 422, "policy-misnamed"),
        ({"as_of": "1999-12-31"}, 409, "no-policy"),
        ({"known_at": "yesterday"}, 422, "invalid"),
    ],
)
async def test_what_is_no_policy_or_no_time_is_refused(world: Any, body: Any, status: int, code: str) -> None:
    answer = await simulate(world, **body)
    assert answer.status_code == status and answer.json()["type"].endswith(code), answer.text
