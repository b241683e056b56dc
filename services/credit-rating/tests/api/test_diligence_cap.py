"""A policy that asks for due diligence: limits wait for it, in runs, reviews, anew and tried out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from credit_rating.published_policies import POLICIES
from credit_rating.recomputing import recompute_all, stamp
from eventlog.testing import meta
from rules.policy import PublishPolicy, key

TODAY = date(2026, 6, 30)
ASKING = {"version": 2, "effective_from": "2026-06-15", "due_diligence": {"valid_months": 12}}


@pytest.fixture(scope="module")
async def asking(world: Any) -> Any:
    """The installation under a policy that asks for it."""
    command = PublishPolicy(name="credit", content=POLICIES.shipped() | ASKING)
    await world.log.handle(POLICIES.file, key("credit"), command, meta())
    await world.follow()
    return world


async def limit(world: Any, dealer: str) -> Any:
    return (await world.get(f"/dealers/{dealer}/limit")).json()


async def anew(world: Any) -> int:
    done = await recompute_all(world.log, TODAY)
    await world.follow()
    return done


async def test_a_first_limit_waits_for_a_diligence_and_is_computed_anew_when_it_is_approved(asking: Any) -> None:
    dealer = await asking.dealer("8700", territory="T7")
    await asking.trade(dealer, "8700")
    await asking.rate("R3")
    grade = (await asking.get(f"/dealers/{dealer}/grade")).json()
    why = (await asking.get(f"/grades/{grade['id']}/explanation")).json()["limit"]
    assert (grade["grade"], why["limit"]) == (3, "0.00"), "cash only"
    assert {name: why["diligence"][name] for name in ("computed", "before", "free", "diligence", "covers")} == {
        "computed": "48000", "before": "0", "free": "0", "diligence": None, "covers": None,
    }  # fmt: skip
    assert await anew(asking) == 0
    before = await stamp(asking.log, TODAY)
    await asking.look_into(dealer, "40000.00", "B7", approve=False)
    assert await anew(asking) == 0, "only what is approved counts"
    path = f"/dealers/{dealer}/due-diligence"
    etag = (await asking.get(path)).headers["etag"]
    who = {"branch": "B7", "login": "gao.yu", "etag": etag}
    assert (await asking.post(f"{path}/approval", {}, "branch_general_manager", **who)).status_code == 200
    await asking.follow()
    assert await stamp(asking.log, TODAY) != before, "the worker looks at once"
    assert await anew(asking) == 1 and await anew(asking) == 0
    now = await limit(asking, dealer)
    assert (now["limit"], now["causes"], now["diligence"]["covers"]) == ("40000.00", ["diligence"], "40000")
    for place in (f"/grades/{grade['id']}", f"/limits/{now['id']}"):
        again = (await asking.get(f"{place}/rederivation")).json()
        assert again["equal"], again["differences"]
    await asking.pool.execute('update g1.diligence_step set "limit" = 30000 where "limit" = 40000')
    changed = (await asking.get(f"/limits/{now['id']}/rederivation")).json()
    await asking.pool.execute('update g1.diligence_step set "limit" = 40000 where "limit" = 30000')
    assert not changed["equal"]


async def test_the_next_rating_and_a_review_go_no_further_than_it_covers(asking: Any) -> None:
    dealer = await asking.dealer("8710", territory="T9")
    await asking.trade(dealer, "8710")
    await asking.look_into(dealer, "20000.00", "B9")
    await asking.rate("R2")
    assert (await limit(asking, dealer))["limit"] == "20000.00"
    path, who = f"/dealers/{dealer}/credit-review", {"branch": "B9", "login": "sun.li"}
    for step in ("", "/proposal"):
        etag = (await asking.get(path)).headers["etag"]
        body = {} if step else {"reason": "Wants a raise."}
        assert (await asking.post(path + step, body, "branch_manager", etag=etag, **who)).status_code == 200
        await asking.follow()
    proposed = (await asking.get(path)).json()["proposed"]
    assert (proposed["limit"], proposed["diligence"]["before"], proposed["diligence"]["free"]) == (
        "20000.00", "20000", "30000",
    )  # fmt: skip


async def test_a_simulation_knows_it_on_either_side_and_gives_the_limits_of_a_run(asking: Any) -> None:
    dealer = await asking.dealer("8720", territory="T8")
    await asking.trade(dealer, "8720")
    run = (await asking.get(f"/rating-runs/{await asking.rate('R4')}")).json()
    body = {"content": POLICIES.shipped() | {"version": 3}, "as_of": "2026-06-30", "limits": True}
    cut = str(run["cut"]).replace("'", '"')
    who = {"region": "R4"}
    said = (await asking.post("/policies/simulations", body | {"known_at": cut}, "regional_director", **who)).json()
    (moved,) = said["items"]
    assert (moved["now"]["limit"], moved["now"]["by_formula"]) == ("0.00", "48000.00")
    assert (moved["then"]["limit"], moved["then"]["by_formula"]) == ("48000.00", None)
    await asking.look_into(dealer, "48000.00", "B8")
    assert await anew(asking) == 1
    known = (await asking.post("/policies/simulations", body, "regional_director", **who)).json()
    assert known["items"] == [], "covered in full, both sides agree"
    same = body | {"content": POLICIES.shipped() | ASKING | {"version": 3}, "known_at": cut}
    assert (await asking.post("/policies/simulations", same, "regional_director", **who)).json()["items"] == []
