"""Due diligence over HTTP: drawn up, submitted, decided by another person, listed within scope."""

from __future__ import annotations

from typing import Any

SALES: dict[str, str] = {"role": "branch_manager", "branch": "B1", "login": "sun.li"}
GENERAL: dict[str, str] = {"role": "branch_general_manager", "branch": "B1", "login": "gao.yu"}
ITEMS = ("identity_and_standing", "character", "finances_and_stock", "use_of_credit", "ability_to_pay",
         "papers_complete")  # fmt: skip
WHY = "Seen at the visit of June, with the accounts of two years."
OPEN = {"purpose": "First limit for the second shop."}
OPINION = {"opinion": "recommended", "limit": "80000.00", "reason": WHY}


async def act(world: Any, dealer: str, step: str, body: Any, who: dict[str, str] = SALES) -> Any:
    """One step under the version that a reader of the form sees."""
    path = f"/dealers/{dealer}/due-diligence"
    etag = (await world.get(path)).headers["etag"]
    said = await world.post(f"{path}{step}", body, etag=etag, **who)
    await world.follow()
    return said


async def form(world: Any, dealer: str) -> Any:
    return (await world.get(f"/dealers/{dealer}/due-diligence")).json()


async def test_a_form_is_drawn_up_item_by_item_and_says_what_is_missing(world: Any) -> None:
    dealer = await world.dealer("8600")
    assert (await form(world, dealer))["stage"] == "none"
    assert (await act(world, dealer, "", OPEN)).json()["missing"] == [*ITEMS, "feasibility_opinion"]
    files = {"files": ["ab" * 32], "item": "use_of_credit", "finding": "reservations", "comment": WHY}
    assert (await act(world, dealer, "/answers", files)).json()["missing"][:4] == [*ITEMS[:3], "ability_to_pay"]
    early = await act(world, dealer, "/submission", {})
    assert early.status_code == 409 and "character" in early.json()["detail"]
    assert early.json()["missing"] == [*ITEMS[:3], *ITEMS[4:], "feasibility_opinion"]
    shown = await form(world, dealer)
    use = shown["items"][3]
    assert (use["finding"], use["comment"], use["files"], use["by"]) == ("reservations", WHY, ["ab" * 32], "sun.li")
    assert shown["items"][0]["finding"] is None and shown["purpose"] == OPEN["purpose"]
    assert (await act(world, dealer, "/answers", files | {"finding": "satisfactory"})).status_code == 200
    assert (await form(world, dealer))["items"][3]["finding"] == "satisfactory"


async def test_another_person_returns_it_and_approves_it_and_its_steps_are_told(world: Any) -> None:
    dealer = await world.dealer("8610")
    await world.look_into(dealer, "80000.00", approve=False)
    for who, code in ((SALES, "not-entitled"), (GENERAL | {"login": "sun.li"}, "own-proposal")):
        said = await act(world, dealer, "/approval", {}, who)
        assert said.status_code == 403 and said.json()["type"].endswith(code), said.text
    assert (await act(world, dealer, "/return", {"reason": "Count the stock."}, GENERAL)).json()["stage"] == "drawn_up"
    assert (await act(world, dealer, "/submission", {})).status_code == 200
    done = await act(world, dealer, "/approval", {"note": "Agreed."}, GENERAL)
    assert (done.status_code, done.json()["stage"], done.json()["covers"]) == (200, "none", "80000.00")
    shown = await form(world, dealer)
    assert (shown["stage"], shown["covers"], shown["approved_by"], shown["approved_on"]) == (
        "approved", "80000.00", "gao.yu", "2026-06-30",
    )  # fmt: skip
    assert [each["step"] for each in shown["steps"][:4]] == ["approved", "submitted", "returned", "submitted"]
    assert shown["opinion"]["reason"] == WHY


async def test_an_absent_manager_delegates_it(world: Any) -> None:
    dealer = await world.dealer("8620")
    await world.look_into(dealer, "80000.00", approve=False)
    stand_in = SALES | {"login": "zhou.min"}
    assert (await act(world, dealer, "/approval", {}, stand_in)).status_code == 403
    span = {"to": "zhou.min", "first_day": "2026-06-30", "last_day": "2026-07-14", "reason": "Leave."}
    assert (await world.post("/delegations", span, **GENERAL)).status_code == 201
    await world.follow()
    assert (await act(world, dealer, "/approval", {}, stand_in)).status_code == 200
    step = (await form(world, dealer))["steps"][0]
    assert (step["step"], step["by"], step["acting_for"]) == ("approved", "zhou.min", "gao.yu")
    (told,) = (await world.get("/exceptions", query={"dealer": dealer})).json()["items"]
    assert (told["kind"], told["by"], told["acting_for"], told["amount"], told["event"]) == (
        "delegated_diligence", "zhou.min", "gao.yu", "80000.00", step["event"],
    )  # fmt: skip


async def test_what_does_not_fit_is_refused_with_what_to_do(world: Any) -> None:
    dealer = await world.dealer("8630")
    answer = {"item": "character", "finding": "satisfactory", "comment": WHY}
    assert (await act(world, dealer, "/answers", answer)).json()["type"].endswith("no-diligence")
    await act(world, dealer, "", OPEN)
    for step, body, status, code in (
        ("", OPEN, 409, "diligence-open"),
        ("/answers", answer | {"comment": "fine."}, 422, "nothing-written"),
        ("/answers", answer | {"item": "looks"}, 422, "invalid"),
        ("/answers", answer | {"files": ["no hash"]}, 422, "invalid"),
        ("/opinion", OPINION | {"opinion": "recommended_with_conditions"}, 422, "conditions-missing"),
        ("/opinion", OPINION | {"limit": "0.00"}, 422, "invalid"),
        ("/rejection", {"reason": "x"}, 409, "stage-wrong"),
    ):
        said = await act(world, dealer, step, body, GENERAL if step == "/rejection" else SALES)
        assert said.status_code == status and said.json()["type"].endswith(code), (step, said.text)
    stale = await world.post(f"/dealers/{dealer}/due-diligence/answers", answer, etag='"0"', **SALES)
    assert stale.status_code == 412


async def test_the_list_shows_ones_own_filters_and_sorts(world: Any) -> None:
    one, other, far = [await world.dealer(number, territory=place)
                       for number, place in (("8640", "T9"), ("8641", "T9"), ("8642", "T7"))]  # fmt: skip
    who = SALES | {"branch": "B9"}
    await world.look_into(one, "50000.00", "B9", approve=False)
    await act(world, other, "", OPEN, who)
    await act(world, far, "", OPEN, SALES | {"branch": "B7"})

    async def listed(**query: Any) -> list[str]:
        found = await world.get("/due-diligence", "branch_manager", branch="B9", query=query)
        return [each["dealer"] for each in found.json()["items"]]

    assert set(await listed()) == {one, other}
    assert await listed(stage="submitted") == [one] and await listed(opinion="recommended") == [one]
    assert await listed(sort="limit") == [one, other]
