"""Who is absent and why is read by whom it concerns, and by whoever sees the place."""

from __future__ import annotations

from typing import Any

BODY = {"to": "zhou.min", "first_day": "2026-07-01", "last_day": "2026-07-14", "reason": "Surgery, back in two weeks."}
GENERAL: dict[str, str] = {"role": "branch_general_manager", "branch": "B1", "login": "gao.yu"}
OTHERS_GENERAL: dict[str, str] = {"role": "branch_general_manager", "branch": "B9", "login": "qian.li"}
DIRECTOR: dict[str, str] = {"role": "regional_director", "region": "R1", "login": "lin.tao"}


async def listed(world: Any, who: dict[str, str]) -> set[str]:
    said = await world.get("/delegations", **who)
    assert said.status_code == 200 and "Surgery" not in said.text
    return {each["by"] for each in said.json()["items"]}


async def test_a_delegation_is_seen_in_its_place_and_by_whom_it_concerns_and_why_by_these_alone(world: Any) -> None:
    await world.dealer("9500")
    await world.dealer("9501", territory="T9")
    given = {}
    for who in (GENERAL, OTHERS_GENERAL, DIRECTOR):
        said = await world.post("/delegations", BODY, **who)
        given[who["login"]] = said.json()["delegation"]
    await world.follow()
    readers: list[tuple[dict[str, str], set[str], bool]] = [
        ({"role": "auditor"}, {"gao.yu", "qian.li", "lin.tao"}, True),
        ({"role": "head_of_marketing", "login": "he"}, {"gao.yu", "qian.li", "lin.tao"}, False),
        (GENERAL, {"gao.yu"}, True),
        (DIRECTOR, {"gao.yu", "lin.tao"}, False),
        ({"role": "regional_director", "region": "R2", "login": "wu.di"}, {"qian.li"}, False),
        ({"role": "branch_manager", "branch": "B1", "login": "sun.li"}, {"gao.yu"}, False),
        ({"role": "branch_manager", "branch": "B2", "login": "zhou.min"}, {"gao.yu", "qian.li", "lin.tao"}, True),
        ({"role": "sales_representative", "territory": "T1", "login": "li.wei"}, set(), False),
    ]
    for who, seen, told in readers:
        assert await listed(world, who) == seen, who
        for by, delegation in given.items():
            one = await world.get(f"/delegations/{delegation}", **who)
            assert one.status_code == (200 if by in seen else 404), (who, by)
        if "gao.yu" in seen:
            reason = (await world.get(f"/delegations/{given['gao.yu']}", **who)).json()["reason"]
            assert reason == (BODY["reason"] if told else None), who
