"""Follow-up visits over HTTP: due by date, by the policy's months of the grade in force, from the last visit on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from credit_rating.published_policies import POLICIES
from eventlog.testing import meta
from rules.policy import PublishPolicy, key

REP: dict[str, str] = {"role": "sales_representative", "territory": "T1", "login": "li.wei"}
SAID = "The shelves are full, and the books agree with it."
VISIT = {"visited_on": "2026-06-29", "use_of_credit": SAID, "finances": SAID, "stock": SAID, "picture_holds": False,
         "next_steps": SAID}  # fmt: skip


@pytest.fixture(scope="module")
async def credited(world: Any) -> Any:
    """Dealers graded 3 at the end of June, one without sales; a policy that asks for a visit in three months."""
    dealers = {}
    for number, territory in (("9000", "T1"), ("9001", "T1"), ("9002", "T2")):
        dealers[number] = await world.dealer(number, territory=territory)
        await world.trade(dealers[number], number)
    dealers["9003"] = await world.dealer("9003", forecast_monthly_sales=Decimal(1))
    await world.rate("R1")
    content = POLICIES.shipped() | {
        "version": 2, "effective_from": "2026-07-02", "follow_up": {"every_months": {"2": 6, "3": 3}},
    }  # fmt: skip
    await world.log.handle(POLICIES.file, key("credit"), PublishPolicy(name="credit", content=content), meta())
    await world.follow()
    return world, dealers


async def listed(world: Any, as_of: str, role: str = "auditor", *, branch: str = "", **query: Any) -> list[Any]:
    scope = {"branch": branch} if branch else {}
    said = await world.get("/follow-ups", role, query=query | {"as_of": as_of}, **scope)
    assert said.status_code == 200, said.text
    found: list[Any] = said.json()["items"]
    return found


async def test_none_is_due_without_the_policy_and_then_from_the_day_credit_was_given(credited: Any) -> None:
    world, dealers = credited
    assert await listed(world, "2026-07-01") == [], "the policy of that day asks for none"
    found = await listed(world, "2026-07-02")
    assert {each["dealer"] for each in found} == {dealers[number] for number in ("9000", "9001", "9002")}
    assert {(each["due_on"], each["days_left"], each["overdue"], each["last_visit"]) for each in found} == {
        ("2026-09-30", 90, False, None)
    }
    assert await listed(world, "2026-10-01", overdue="false") == []
    late = await listed(world, "2026-10-01", overdue="true", sort="code")
    assert [(each["code"], each["days_left"]) for each in late] == [("D9000", -1), ("D9001", -1), ("D9002", -1)]
    assert await listed(world, "2026-09-15", days_left_to="14") == []
    assert len(await listed(world, "2026-09-16", days_left_to="14")) == 3
    own = await listed(world, "2026-10-01", "branch_manager", branch="B2")
    assert [each["dealer"] for each in own] == [dealers["9002"]]
    assert await listed(world, "2026-10-01", "branch_manager", branch="B9") == []


async def test_a_visit_moves_the_next_one_and_is_listed_with_what_was_found(credited: Any) -> None:
    world, dealers = credited
    dealer = dealers["9001"]
    path = f"/dealers/{dealer}/follow-ups"
    for body, code in ((VISIT | {"stock": "fine"}, "nothing-written"),
                       (VISIT | {"visited_on": "2026-07-01"}, "dates-implausible")):  # fmt: skip
        refused = await world.post(path, body, **REP)
        assert refused.status_code == 422 and refused.json()["type"].endswith(code), refused.text
    assert (await world.post(f"/dealers/{dealers['9002']}/follow-ups", VISIT, **REP)).status_code == 404
    done = await world.post(path, VISIT, **REP)
    assert (done.status_code, done.json()["last"]) == (201, "2026-06-29"), done.text
    done = await world.post(path, VISIT | {"visited_on": "2026-06-30", "picture_holds": True}, **REP)
    await world.follow()
    visits = (await world.get(path)).json()["items"]
    assert [(each["visited_on"], each["picture_holds"], each["by"]) for each in visits] == [
        ("2026-06-30", True, "li.wei"), ("2026-06-29", False, "li.wei"),
    ]  # fmt: skip
    (shown,) = await listed(world, "2026-10-01", visited="true")
    assert (shown["dealer"], shown["last_visit"], shown["due_on"], shown["picture_holds"]) == (
        dealer, "2026-06-30", "2026-09-30", True,
    )  # fmt: skip


async def test_a_dealer_without_credit_has_none_due_but_on_the_days_of_an_override(credited: Any) -> None:
    world, dealers = credited
    dealer = dealers["9003"]
    assert (await world.get(f"/dealers/{dealer}/limit")).json()["limit"] == "0.00"
    assert dealer not in {each["dealer"] for each in await listed(world, "2026-07-10")}
    path = f"/dealers/{dealer}/limit"
    body = {"limit": "500.00", "first_day": "2026-07-05", "last_day": "2026-07-31", "reason": "For one delivery."}
    director = {"role": "regional_director", "region": "R1"}
    said = await world.post(f"{path}-override", body, etag=(await world.get(path)).headers["etag"], **director)
    assert said.status_code == 201, said.text
    await world.follow()
    found = {each["dealer"]: each["due_on"] for each in await listed(world, "2026-07-10", sort="limit")}
    assert found[dealer] == "2026-10-05"
    assert dealer not in {each["dealer"] for each in await listed(world, "2026-08-01")}
