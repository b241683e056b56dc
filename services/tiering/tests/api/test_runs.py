"""An ABC run: one cut, resumed where it stopped, current only when complete, the same bytes again (domain.md 3.2)."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from service.health import Heart
from service.problems import Problem
from tiering import running
from tiering.rederive import rederive_run, started_run
from tiering.running import execution_of, resume
from tiering.snapshot import company_snapshot, refuse_parked

from .conftest import BRANCH_1, BRANCH_2, FEED, HEAD, WANG, World, line, said

YEAR = {"window_from": "2025-01-01", "window_to": "2025-12-31"}
AMOUNTS = {"K-1": "700", "K-2": "100", "K-3": "100", "K-4": "60", "K-5": "40", "K-6": "-5"}


@pytest.fixture(scope="module")
async def dealers(world: World) -> dict[str, str]:
    made = {}
    for code, amount in AMOUNTS.items():
        made[code] = await world.dealer(code, "T1" if code < "K-4" else "T2", branch="B1" if code < "K-4" else "B2")
        path, price = ("/returns", amount[1:]) if amount.startswith("-") else ("/sales", amount)
        await world.post(path, line(code, f"INV-{code}", price), who=FEED)
    sold_on = line("K-5", "OUT-K-5", "90000", direction="sell_out", ship_to_territory="T2")  # ranks nobody higher
    assert (await world.post("/sales", sold_on, who=FEED)).json()["verdict"] == "accepted"
    return made


@pytest.fixture(scope="module")
async def run(world: World, dealers: dict[str, str]) -> str:
    started = await world.post("/classification-runs", YEAR, who=HEAD, key="run-1")
    assert started.status_code == 201, started.text
    assert started.json()["state"] == "started" and started.json()["authorised_by"] == "head"
    assert (await world.get("/classes")).json()["items"] == []
    assert await resume(world.runtime) == [started.json()["id"]]
    await world.project()
    return str(started.json()["id"])


async def test_a_run_ranks_and_cuts_the_company(world: World, run: str) -> None:
    listed = (await world.get("/classes")).json()["items"]
    assert [(row["code"], row["abc"], row["share_before"]) for row in listed] == [
        ("K-1", "A", "0"), ("K-2", "A", "0.7"), ("K-3", "B", "0.8"), ("K-4", "B", "0.9"), ("K-5", "C", "0.96"),
        ("K-6", "C", None),
    ]  # fmt: skip
    assert {row["total"] for row in listed} == {"1000"} and listed[5]["measure"] == "-5"
    shown = (await world.get(f"/classification-runs/{run}")).json()
    assert (shown["state"], shown["classified"], len(shown["digest"])) == ("completed", 6, 64)
    again = await world.post("/classification-runs", YEAR, who=HEAD, key="run-1")
    assert again.json()["id"] == run and await resume(world.runtime) == []


async def test_a_reader_sees_the_own_dealers_with_their_place_in_the_company(
    world: World, run: str, dealers: Any
) -> None:
    assert [row["code"] for row in (await world.get("/classes", who=BRANCH_1)).json()["items"]] == ["K-1", "K-2", "K-3"]
    place = (await world.get(f"/dealers/{dealers['K-3']}/class", who=WANG)).json()
    assert (place["abc"], place["place"]["rank"], place["place"]["population"]) == ("B", 3, 6)
    (far,) = [row for row in (await world.get("/classes")).json()["items"] if row["code"] == "K-5"]
    for what in ("explanation", "rederivation"):
        said(await world.get(f"/classes/{far['event']}/{what}", who=BRANCH_1), 404, "not-found")


async def test_every_class_explains_itself(world: World, run: str) -> None:
    second = (await world.get("/classes")).json()["items"][2]
    why = (await world.get(f"/classes/{second['event']}/explanation")).json()
    assert why["rule"] == "B: 80.0 % of 1000 rank above it, at least 80 % and less than 95 %"
    assert (why["policy"]["name"], why["lines"]["sales"], why["lines"]["sold"]) == ("tiering", 1, "100")
    rows = (await world.get(why["lines_at"].split("?")[0], **{"from": "2025-01-01"})).json()["items"]
    assert len(rows) == 1 and why["cut"]["tiering"]


async def test_every_class_comes_out_again_byte_for_byte_whatever_came_since(world: World, run: str) -> None:
    listed = (await world.get("/classes", run=run)).json()["items"]
    sale = (await world.get(f"/dealers/{listed[0]['dealer']}/sales")).json()["items"][0]
    for code in AMOUNTS:
        await world.post("/sales", line(code, f"LATE-{code}", "5000"), who=FEED)
    path = f"/dealers/{listed[0]['dealer']}/sales/{sale['event']}/reverse"
    assert (await world.post(path, {"reason": "sold to another"}, who=FEED)).status_code == 201
    for row in listed:
        again = (await world.get(f"/classes/{row['event']}/rederivation")).json()
        assert again["same"] and again["recorded"] == again["derived"]
    started = await started_run(world.runtime.log, run)
    other = started.model_copy(update={"window_to": date(2025, 5, 31)})
    assert (await rederive_run(world.runtime.log, run, other)) == {}  # a comparison that can fail


async def test_a_run_that_was_cut_off_is_resumed_at_its_cut(world: World, run: str) -> None:
    started = (await world.post("/classification-runs", YEAR, who=HEAD)).json()
    execution = await execution_of(world.runtime.log, started["id"])
    assert execution is not None
    whole = await running.ranking_of(world.runtime, execution.started)
    decisions = list(running.decisions(whole, execution.basis))
    await running._assign(world.runtime.log, execution, decisions[:2])  # then the worker was killed
    await world.project()
    assert (await world.get(f"/dealers/{decisions[0].dealer}/class")).json()["run"] == run  # not complete, not current
    await world.post("/sales", line("K-5", "AFTER", "99999"), who=FEED)
    before = await world.events()
    assert await resume(world.runtime) == [started["id"]]
    await world.project()
    assert await world.events() == before + len(decisions) - 2 + 1
    shown = (await world.get(f"/classification-runs/{started['id']}")).json()
    assert shown["digest"] == whole.digest()
    listed = (await world.get("/classes")).json()["items"]
    assert {row["run"] for row in listed} == {started["id"]} and len(listed) == 6
    for row in listed:
        assert (await world.get(f"/classes/{row['event']}/rederivation")).json()["same"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"window_from": "2025-12-31", "window_to": "2025-01-01"}, "window-reversed"),
    ({"window_from": "2025-01-01", "window_to": "2026-06-01"}, "window-in-future"),
    ({"window_from": "2005-01-01", "window_to": "2025-01-01"}, "window-too-long"),
    ({"window_from": "2025-01-01"}, "invalid"),
    (YEAR | {"measure": "feeling"}, "invalid"),
    (YEAR | {"colour": "red"}, "invalid"),
]


async def test_a_bad_window_starts_nothing(world: World, run: str) -> None:
    before = await world.events()
    for body, code in BAD:
        said(await world.post("/classification-runs", body, who=HEAD), 422, code)
    said(await world.post("/classification-runs", YEAR, who=FEED), 403, "forbidden")
    said(await world.get("/classification-runs/0190a6c2-0000-7000-8000-000000000001"), 404, "not-found")
    assert await world.events() == before


async def test_a_policy_is_published_once_and_never_changed(world: World) -> None:
    (shipped,) = (await world.get("/policies")).json()["items"]
    content = (await world.get("/policies/tiering/1")).json()["content"]
    assert (shipped["version"], content["abc"]["a_percent"]) == (1, "80")
    before = await world.events()
    said(
        await world.post("/policies", {"content": content | {"effective_from": "2030-01-01"}}, who=HEAD),
        409,
        "policy-version-not-new",
    )
    wrong = content | {"version": 2, "effective_from": "2030-01-01", "abc": content["abc"] | {"a_percent": 99}}
    said(await world.post("/policies", {"content": wrong}, who=HEAD), 422, "policy-invalid")
    assert await world.events() == before
    right = wrong | {"abc": content["abc"] | {"a_percent": 70.5}}
    assert (await world.post("/policies", {"content": right}, who=HEAD)).json()["version"] == 2


async def test_visits_are_due_by_class_and_kept_plans_counted(world: World) -> None:
    dealer = await world.dealer("V-1", "T7", on=date(2025, 6, 10))
    await world.visit(dealer, date(2025, 8, 20))
    await world.visit(dealer, date(2025, 11, 3), "call")  # a call is no visit
    due = (await world.get(f"/dealers/{dealer}/visits-due", as_of="2025-12-10")).json()
    assert (due["service_class"], due["first"], due["last"], due["missed"]) == ("C", "2025-10-01", "2025-12-31", 0)
    assert [plan["made_on"] for plan in due["plans"]] == [None, "2025-08-20"]
    later = (await world.get(f"/dealers/{dealer}/visits-due")).json()
    assert (later["as_of"], later["first"], later["missed"]) == ("2026-01-10", "2026-01-01", 1)
    listed = (await world.get("/visits-due", territory="T7")).json()["items"]
    assert [(row["code"], row["last_visited_on"]) for row in listed] == [("V-1", "2025-08-20")]
    kept = (await world.get("/visit-compliance", **{"from": "2025-07-01", "to": "2025-12-31"})).json()
    said(await world.get("/visit-compliance", **{"from": "2026-01-01", "to": "2025-12-31"}), 422, "window-reversed")
    (own,) = [row for row in kept["territories"] if row["territory"] == "T7"]
    assert (own["planned"], own["fulfilled"], own["share"]) == (2, 1, "0.5000")
    said(await world.get(f"/dealers/{dealer}/visits-due", as_of="2025-06-09"), 404, "not-found")


async def test_the_worker_executes_what_was_started_and_stops_when_asked(world: World, run: str) -> None:
    started = (await world.post("/classification-runs", YEAR | {"measure": "gross_sales"}, who=HEAD)).json()
    (worker,) = running.loops(world.runtime)
    heart, stopping = Heart("classification", 60), asyncio.Event()
    working = asyncio.create_task(worker.run(heart, stopping))
    for _ in range(200):
        await world.project()
        if (await world.get(f"/classification-runs/{started['id']}")).json()["state"] == "completed":
            break
        await asyncio.sleep(0.05)
    stopping.set()
    await asyncio.wait_for(working, 5)
    shown = (await world.get("/classes", run=started["id"])).json()["items"]
    assert {row["code"] for row in shown} >= set(AMOUNTS) and heart.trouble() is None


PARK = """
insert into projection.parked_stream (reader, source, stream, partition, reason)
values ('g1', 'tiering', $1, 0, 'broken')
"""
PARKED = """
insert into projection.parked (reader, source, partition, sequence, stream, kafka_key, placement, document)
values ('g1', 'tiering', 0, 1, $1, '', '', '')
"""


async def test_a_dealer_with_a_parked_stream_is_named_and_left_out_also_when_it_is_replayed(
    world: World, dealers: dict[str, str]
) -> None:
    for statement in (PARK, PARKED):
        await world.runtime.pool.execute(statement, f"{dealers['K-1']}/sales")
    try:
        started = (await world.post("/classification-runs", YEAR, who=HEAD)).json()
        assert started["left_out"] == 1
    finally:
        await world.runtime.pool.execute("delete from projection.parked_stream")
    assert started["id"] in await resume(world.runtime)
    await world.project()
    shown = (await world.get(f"/classification-runs/{started['id']}")).json()
    assert (shown["left_out"], shown["classified"]) == (1, 5)
    path = f"/classification-runs/{started['id']}/excluded"
    named = [{"dealer": dealers["K-1"], "reason": "stream-parked"}]
    assert (await world.get(path)).json()["items"] == (await world.get(path, who=BRANCH_1)).json()["items"] == named
    assert (await world.get(path, who=BRANCH_2)).json()["items"] == []
    listed = (await world.get("/classes", run=started["id"])).json()["items"]
    assert dealers["K-1"] not in {row["dealer"] for row in listed} and len(listed) == 5
    run = await started_run(world.runtime.log, started["id"])
    again = await rederive_run(world.runtime.log, started["id"], run)
    assert again.keys() == {row["dealer"] for row in listed}


async def test_a_run_waits_while_events_within_its_cut_are_parked_that_it_does_not_exclude(
    world: World, dealers: dict[str, str]
) -> None:
    pool, dealer = world.runtime.pool, dealers["K-2"]
    for statement in (PARK, PARKED):
        await pool.execute(statement, f"{dealer}/sales")
    try:
        async with company_snapshot(pool) as conn:
            with pytest.raises(Problem, match="stream-parked"):
                await refuse_parked(conn, {"tiering": {0: 1}}, set())
            await refuse_parked(conn, {"tiering": {0: 1}}, {dealer})
            await refuse_parked(conn, {"tiering": {0: 0}}, set())
    finally:
        await pool.execute("delete from projection.parked_stream")
