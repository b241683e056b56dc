"""A proposed policy is tried at any date, known at any cut, over the dealers that the caller sees; nothing is kept."""

from __future__ import annotations

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
    then = (await simulate(world, role="regional_director", known_at=str(run["cut"]).replace("'", '"'), **body)).json()
    assert then["moved"] == 0 and then["items"] == [] and then["limits"]["now"] == then["limits"]["then"]
    assert then["not_as_in_force"] == 0 and then["matrix"] == [{"now": 3, "then": 3, "dealers": 3}]
    assert then["left_out"] == {"survey-missing": 1} and then["now"] == run["policy"]
    assert [each["dealer"] for each in then["left_out_dealers"]] == [network["6006"]]
    now = (await simulate(world, role="regional_director", **body)).json()
    assert now["not_as_in_force"] == 2, "known now, the unpaid invoices count"


async def test_movers_say_why_and_nothing_is_published(world: Any, network: dict[str, str]) -> None:
    await world.follow()
    last = "select array_agg(e order by e) from (select partition, max(sequence) from log.event group by 1) as e"
    before = await world.pool.fetchval(last)
    said = (await simulate(world, known_at=await cut(world), region="R2", role="regional_director")).json()
    assert said["dealers"] == 2 and said["matrix"] == [{"now": 3, "then": 4, "dealers": 2}] and said["moved"] == 2
    first = said["items"][0]
    assert (first["code"], first["now"]["grade"], first["then"]["grade"]) == ("D6004", 3, 4)
    assert first["indicators"] == [{"indicator": "monthly_sales", "now": "B", "then": "C", "value": "60000.00"}]
    limits = said["limits"]
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
    assert said["dealers"] == 2 and {each["dealer"] for each in said["items"]} == {network["6004"], network["6005"]}
    assert sum(cell["dealers"] for cell in said["matrix"]) == 2


async def test_movers_come_page_by_page_each_once_and_by_cell(world: Any, network: dict[str, str]) -> None:
    known_at, seen, query = await cut(world), [], "?limit=1"
    while True:
        page = (await simulate(world, query, known_at=known_at)).json()
        seen += [each["code"] for each in page["items"]]
        if page["next"] is None:
            break
        query = f"?limit=1&cursor={page['next']}"
    assert seen == sorted(set(seen)) and len(seen) == page["moved"]
    cells = [(cell["now"], cell["then"]) for cell in page["matrix"] if cell["now"] != cell["then"]]
    for now, then in cells:
        part = (await simulate(world, now=now, then=then)).json()["items"]
        assert {(each["now"]["grade"], each["then"]["grade"]) for each in part} == {(now, then)}


async def test_processes_of_their_own_answer_the_same(
    world: Any, network: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    known_at = await cut(world)
    here = await simulate(world, known_at=known_at, limits=True)
    monkeypatch.setattr(simulating, "WORTH_A_PROCESS", 1)
    there = await simulate(world, known_at=known_at, limits=True)
    assert here.status_code == 200 and there.json() == here.json()
    monkeypatch.setattr(simulating, "_under_way", {"another one"})
    assert (await simulate(world, known_at=known_at)).status_code == 503


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
    assert said["left_out"] == {"stream-parked": 1} and said["dealers"] == 2
    assert UUID(said["left_out_dealers"][0]["dealer"]) == UUID(network["6004"])


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
