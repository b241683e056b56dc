"""Securities and 5C over HTTP: the register, its unique numbers, expiry by the clock, a cap that a grade explains."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from credit_rating.projections.due import EXPIRE_SECURITY
from credit_rating.published_policies import POLICIES
from credit_rating.reactions.securities import SECURITIES
from eventlog.clock import Clock
from eventlog.testing import meta
from events import SecurityExpired, decode
from rules.policy import PublishPolicy, key

CREDIT: dict[str, str] = {"role": "credit_controller", "login": "he.ping"}
MORTGAGE = {"kind": "mortgage", "owner": "Best Trade", "value": "800000.00", "valued_on": "2026-06-01",
            "expires_on": "2026-08-31"}  # fmt: skip
GUARANTEE = MORTGAGE | {"kind": "guarantee", "guarantor": {
    "standing": "Listed, sound.", "capacity": "500000.00", "assessed_on": "2026-06-01"}}  # fmt: skip
LOW = {name: {"score": 30, "evidence": "Accounts of two years."}
       for name in ("character", "capacity", "capital", "collateral", "conditions")}  # fmt: skip


async def act(world: Any, dealer: str, step: str, body: Any, who: dict[str, str] = CREDIT) -> Any:
    path = f"/dealers/{dealer}/securities"
    etag = (await world.get(path)).headers["etag"]
    said = await world.post(f"{path}{step}", body, etag=etag, **who)
    await world.follow()
    return said


async def register(world: Any, dealer: str, body: Any = MORTGAGE) -> str:
    said = await act(world, dealer, "", {"registration": uuid4().hex} | body)
    assert said.status_code == 201, said.text
    entry: str = said.json()["id"]
    return entry


async def test_the_register_lists_what_expires_first_filters_and_says_the_state_of_today(world: Any) -> None:
    one, other = await world.dealer("8000", territory="T9"), await world.dealer("8001", territory="T9")
    first = await register(world, one)
    second = await register(world, one, GUARANTEE | {"expires_on": "2027-08-31"})
    third = await register(world, other, MORTGAGE | {"kind": "pledge", "expires_on": "2026-07-10"})
    for step, body in (
        ("renewal", {"expires_on": "2026-09-30", "reason": "Registered anew."}),
        ("valuation", {"value": "650000.00", "valued_on": "2026-06-30", "reason": "Prices fell."}),
    ):
        assert (await act(world, one, f"/{first}/{step}", body)).status_code == 200
    assert (await act(world, one, f"/{second}/release", {"reason": "All paid."})).json()["held"] == 1
    who: dict[str, Any] = {"role": "regional_director", "region": "R2"}

    async def listed(**query: Any) -> list[Any]:
        return list((await world.get("/securities", **who, query=query)).json()["items"])

    assert [(each["id"], each["state"]) for each in await listed()] == [
        (third, "valid"), (first, "valid"), (second, "released"),
    ]  # fmt: skip
    assert [each["id"] for each in await listed(kind="guarantee")] == [second]
    assert [each["id"] for each in await listed(expiring_within=10)] == [third]
    assert await listed(expiring_within=9) == [] and [each["id"] for each in await listed(state="released")] == [second]
    shown = (await world.get(f"/dealers/{one}/securities")).json()["items"]
    assert [(each["value"], each["expires_on"]) for each in shown] == [
        ("650000.00", "2026-09-30"), ("800000.00", "2027-08-31"),
    ]  # fmt: skip
    assert shown[1]["guarantor"]["capacity"] == "500000.00"
    page = (await world.get("/securities", **who, query={"limit": "1"})).json()
    after = (await world.get("/securities", **who, query={"limit": "1", "cursor": page["next"]})).json()
    assert [each["id"] for each in (*page["items"], *after["items"])] == [third, first]
    assert (await world.get("/securities", "regional_director", region="R4")).json()["items"] == []


async def test_a_registration_number_stands_once_until_its_security_is_released(world: Any) -> None:
    one, other = await world.dealer("8100"), await world.dealer("8101")
    entry = await register(world, one, MORTGAGE | {"registration": "HZ-1"})
    taken = await act(world, other, "", MORTGAGE | {"registration": "HZ-1"})
    assert taken.status_code == 409 and taken.json()["type"].endswith("claim-taken")
    assert (await act(world, one, f"/{entry}/release", {"reason": "Entered for the wrong dealer."})).status_code == 200
    assert (await act(world, other, "", MORTGAGE | {"registration": "HZ-1"})).status_code == 201


async def test_what_may_not_be_entered_is_refused(world: Any) -> None:
    dealer = await world.dealer("8200")
    number = {"registration": "HZ-2"}
    for body, status, code in (
        (MORTGAGE | number | {"expires_on": "2026-06-29"}, 422, "dates-implausible"),
        (MORTGAGE | number | {"kind": "guarantee"}, 422, "guarantor-missing"),
        (GUARANTEE | number | {"kind": "pledge"}, 422, "guarantor-misplaced"),
        (MORTGAGE | number | {"value": "0.00"}, 422, "invalid"),
    ):
        said = await act(world, dealer, "", body)
        assert said.status_code == status and said.json()["type"].endswith(code), said.text
    gone = await act(world, dealer, f"/{uuid4()}/release", {"reason": "x"})
    assert gone.status_code == 409 and gone.json()["type"].endswith("security-not-held")
    rep = await act(world, dealer, "", MORTGAGE | number, {"role": "sales_representative", "territory": "T1"})
    assert rep.status_code == 403


async def test_the_clock_notices_an_expiry_once_and_validity_ends_by_date(world: Any) -> None:
    dealer = await world.dealer("8300")
    entry = await register(world, dealer, MORTGAGE | {"expires_on": "2026-06-30"})
    assert (await world.get(f"/dealers/{dealer}/securities")).json()["items"][0]["state"] == "valid"
    clock = Clock(SECURITIES, world.log, world.pool, holder="w1", today=lambda: date(2026, 7, 1))
    await clock.turn()
    await clock.turn()
    told = [decode(row.document) for row in await world.log.read_stream(f"{dealer}/security")]
    noticed = [each for each in told if isinstance(each.event, SecurityExpired)]
    assert [(each.event.security, each.actor, each.businessdate) for each in noticed] == [
        (entry, "clock", date(2026, 7, 1))
    ]
    due = await world.pool.fetchval("select count(*) from g1.due where kind = $1 and subject = $2", EXPIRE_SECURITY,
                                    f"{dealer}/{entry}")  # fmt: skip
    assert due == 1


async def test_a_low_5c_caps_the_grade_where_the_policy_says_so_and_the_explanation_shows_it(world: Any) -> None:
    dealer = await world.dealer("8400", territory="T7")
    await world.trade(dealer, "8400")
    said = await world.post(f"/dealers/{dealer}/five-c", LOW, **CREDIT)
    assert (said.status_code, said.json()["total"]) == (201, "30.0"), said.text
    await world.rate("R3")
    grade = (await world.get(f"/dealers/{dealer}/grade")).json()
    why = (await world.get(f"/grades/{grade['id']}/explanation")).json()
    assert grade["grade"] == 3 and why["cap"] is None  # the shipped policy has no cap
    content = POLICIES.shipped() | {
        "version": 2,
        "effective_from": "2026-06-15",
        "five_c": {"cap": {"below": "40", "grade": 4}},
    }
    await world.log.handle(POLICIES.file, key("credit"), PublishPolicy(name="credit", content=content), meta())
    await world.rate("R3")
    grade = (await world.get(f"/dealers/{dealer}/grade")).json()
    why = (await world.get(f"/grades/{grade['id']}/explanation")).json()
    assert (grade["grade"], why["cap"]["total"], why["cap"]["computed"]) == (4, "30.0", 3)
    assert (await world.get(f"/grades/{grade['id']}/rederivation")).json()["equal"]
    await world.pool.execute("delete from g1.five_c_assessment where total = 30.0")
    assert not (await world.get(f"/grades/{grade['id']}/rederivation")).json()["equal"]
    listed = (await world.get(f"/dealers/{dealer}/five-c")).json()["items"]
    assert listed == []
    empty = await world.post(f"/dealers/{dealer}/five-c", LOW | {"capital": {"score": 30}}, **CREDIT)
    assert empty.status_code == 422


async def test_the_register_is_read_as_of_a_day_and_as_it_was_known(world: Any) -> None:
    dealer = await world.dealer("8500")
    entry = await register(world, dealer)
    path = f"/dealers/{dealer}/securities"
    before = (await world.get(path)).json()
    assert before["as_of"] == "2026-06-30"
    fell = {"value": "500000.00", "valued_on": "2026-06-30", "reason": "Prices fell."}
    assert (await act(world, dealer, f"/{entry}/valuation", fell)).status_code == 200
    assert (await act(world, dealer, f"/{entry}/release", {"reason": "All paid."})).status_code == 200
    now = (await world.get(path)).json()["items"]
    assert [(each["value"], each["state"], each["released_on"]) for each in now] == [
        ("500000.00", "released", "2026-06-30")
    ]
    assert (await world.get(path, query={"known_at": before["known_at"]})).json() == before
    assert (await world.get(path, query={"as_of": "2026-06-29"})).json()["items"] == []
    then = await world.get(path, query={"as_of": "2026-09-01", "known_at": before["known_at"]})
    assert [each["state"] for each in then.json()["items"]] == ["expired"]
