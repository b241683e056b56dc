"""A review over HTTP: three people, delegation, frozen inputs, the inbox, the watch, and the same decision again."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from credit_rating.projections.due import ESCALATE_REVIEW, OPEN_REVIEW, REOPEN_REVIEW
from credit_rating.reactions.reviews import REVIEWS
from credit_rating.rederive import rederive_all
from credit_rating.watching import look_at_all
from eventlog.clock import Clock
from events import decode

SALES: dict[str, str] = {"role": "branch_manager", "branch": "B1", "login": "sun.li"}
GENERAL: dict[str, str] = {"role": "branch_general_manager", "branch": "B1", "login": "gao.yu"}
DIRECTOR: dict[str, str] = {"role": "regional_director", "region": "R1", "login": "lin.tao"}


async def act(world: Any, dealer: str, step: str, body: Any, who: dict[str, str], *, etag: str = "") -> Any:
    """One step under the version that a reader of the review sees."""
    path = f"/dealers/{dealer}/credit-review"
    etag = etag or (await world.get(path)).headers["etag"]
    said = await world.post(f"{path}/{step}" if step else path, body, etag=etag, **who)
    await world.follow()
    return said


async def opened(world: Any, number: str, **said: Any) -> str:
    dealer: str = await world.dealer(number, **said)
    await world.trade(dealer, number)
    assert (await act(world, dealer, "", {"reason": "Wants a raise."}, SALES)).status_code == 200
    return dealer


async def review(world: Any, dealer: str) -> Any:
    return (await world.get(f"/dealers/{dealer}/credit-review")).json()


async def graded(world: Any, number: str) -> str:
    dealer = await opened(world, number)
    for step, who in (("proposal", SALES), ("audit", GENERAL), ("approval", DIRECTOR)):
        assert (await act(world, dealer, step, {}, who)).status_code == 200
    return dealer


async def test_three_people_make_a_grade_that_is_current_explained_and_comes_out_again(world: Any) -> None:
    dealer = await opened(world, "5000")
    before = await review(world, dealer)
    assert (before["stage"], before["proposed"]["grade"], before["proposed"]["proposal"]) == ("open", 3, None)
    assert len(before["proposed"]["indicators"]) == 9 and before["steps"] == []

    override = {"indicator": "licences", "grade": "B", "reason": "One of them is being renewed."}
    proposed = await act(world, dealer, "proposal", {"overrides": [override], "opinion": "Sound."}, SALES)
    proposal = proposed.json()["proposal"]
    assert (proposed.status_code, proposed.json()["stage"]) == (200, "proposed")
    late = [{"kind": "invoice", "dealer": {"source": "ERP", "number": "5000"}, "source": "ERP", "number": "late-5000",
             "amount": "900000.00", "currency": "CNY", "issued_on": "2026-05-30", "due_on": "2026-06-29",
             "method": "credit", "term_days": 30}]  # fmt: skip
    await world.bulk(late)  # after the cut of the proposal: it must not change what is approved
    assert (await world.get(f"/dealers/{dealer}/grade")).status_code == 404
    assert (await act(world, dealer, "audit", {"opinion": "Agreed."}, GENERAL)).json()["stage"] == "audited"
    approved = await act(world, dealer, "approval", {}, DIRECTOR)
    assert (approved.json()["stage"], approved.json()["grade"], approved.json()["proposal"]) == ("none", 3, proposal)

    grade = (await world.get(f"/dealers/{dealer}/grade")).json()
    assert (grade["run"], grade["approved_by"], grade["as_of"]) == (proposal, "lin.tao", "2026-06-30")
    why = (await world.get(f"/grades/{grade['id']}/explanation")).json()
    (licences,) = [each for each in why["indicators"] if each["name"] == "licences"]
    assert why["current"] and (licences["grade"], licences["note"], licences["inputs"]["computed"]) == (
        "B", "overridden", "A",
    )  # fmt: skip
    assert (await world.get(f"/dealers/{dealer}/limit")).json()["m3"] == "60000.00"
    again = (await world.get(f"/grades/{grade['id']}/rederivation", "auditor")).json()
    assert again["equal"], again["differences"]
    steps = (await review(world, dealer))["steps"]
    assert [(each["step"], each["by"]) for each in steps] == [
        ("approved", "lin.tao"), ("audited", "gao.yu"), ("proposed", "sun.li"),
    ]  # fmt: skip
    async with world.following():
        order = await world.post(
            f"/dealers/{dealer}/orders", {"number": "O-5000", "amount": "1.00", "currency": "CNY"}, **SALES
        )
    assert "no-grade" not in {each["code"] for each in order.json()["reasons"]}


async def test_a_forged_override_is_noticed(world: Any) -> None:
    dealer = await graded(world, "5050")
    gone = "delete from g1.ledger_entry where dealer = $1 and kind = 'payment' and number = 'P5050-20'"
    assert all([each.equal async for each in rederive_all(world.log) if str(each.dealer) == dealer])
    await world.pool.execute(gone, UUID(dealer))
    found = [each async for each in rederive_all(world.log) if str(each.dealer) == dealer]
    assert [each.equal for each in found] == [False]


async def test_the_same_person_and_the_wrong_role_are_refused_and_change_nothing(world: Any) -> None:
    dealer = await opened(world, "5100")
    await act(world, dealer, "proposal", {}, SALES)
    for step, who, code in (
        ("audit", SALES, "not-entitled"),
        ("audit", GENERAL | {"login": "sun.li"}, "same-person"),
        ("approval", DIRECTOR, "stage-wrong"),
        ("audit", DIRECTOR, "not-entitled"),
    ):
        said = await act(world, dealer, step, {}, who)
        assert said.status_code in (403, 409) and said.json()["type"].endswith(code), (step, who, said.text)
    foreign = await act(world, dealer, "audit", {}, GENERAL | {"branch": "B2"})
    assert foreign.status_code == 404
    assert (await review(world, dealer))["stage"] == "proposed"


async def test_a_step_on_a_review_that_has_moved_on_is_refused(world: Any) -> None:
    dealer = await opened(world, "5200")
    etag = (await world.get(f"/dealers/{dealer}/credit-review")).headers["etag"]
    assert (await act(world, dealer, "proposal", {}, SALES, etag=etag)).status_code == 200
    stale = await act(world, dealer, "audit", {}, GENERAL, etag=etag)
    assert stale.status_code == 412
    unsaid = await world.post(f"/dealers/{dealer}/credit-review/audit", {}, **GENERAL)
    assert unsaid.status_code == 428


async def test_a_returned_proposal_is_made_anew_at_a_new_cut(world: Any) -> None:
    dealer = await opened(world, "5300")
    first = (await act(world, dealer, "proposal", {}, SALES)).json()["proposal"]
    cut = (await review(world, dealer))["proposed"]["cut"]
    returned = await act(world, dealer, "return", {"reason": "Ask again for the licences."}, GENERAL)
    assert returned.json()["stage"] == "open"
    second = (await act(world, dealer, "proposal", {}, SALES)).json()["proposal"]
    now = await review(world, dealer)
    assert second != first and now["proposed"]["proposal"] == second and now["proposed"]["cut"] != cut
    await act(world, dealer, "audit", {}, GENERAL)
    rejected = await act(world, dealer, "rejection", {"reason": "Not this quarter."}, DIRECTOR)
    assert (rejected.json()["stage"], rejected.json()["grade"]) == ("none", None)


async def test_a_review_that_was_rejected_while_the_rating_is_due_opens_again_the_day_after(world: Any) -> None:
    dealer = await opened(world, "5350")
    await clock_turns(world, date(2026, 6, 30))
    await act(world, dealer, "proposal", {}, SALES)
    await act(world, dealer, "rejection", {"reason": "Not like this."}, GENERAL)
    await clock_turns(world, date(2026, 6, 30))
    assert (await review(world, dealer))["stage"] == "none"
    await clock_turns(world, date(2026, 7, 1))
    assert (await review(world, dealer))["stage"] == "open"


async def test_an_absent_approver_delegates_for_days_and_can_take_it_back(world: Any) -> None:
    dealer = await opened(world, "5400")
    await act(world, dealer, "proposal", {}, SALES)
    stand_in = {"role": "credit_controller", "login": "he.jun"}
    assert (await act(world, dealer, "audit", {}, stand_in)).status_code == 403
    body = {"to": "he.jun", "first_day": "2026-06-30", "last_day": "2026-07-10", "reason": "Annual leave."}
    elsewhere = await world.post("/delegations", body, **GENERAL | {"branch": "B2"})
    assert elsewhere.status_code == 201
    await world.follow()
    assert (await act(world, dealer, "audit", {}, stand_in)).status_code == 403, "another branch's"
    given = (await world.post("/delegations", body, **GENERAL)).json()["delegation"]
    await world.follow()
    assert (await act(world, dealer, "audit", {}, stand_in)).status_code == 200
    steps = (await review(world, dealer))["steps"]
    assert (steps[0]["by"], steps[0]["acting_for"]) == ("he.jun", "gao.yu")
    for_lin = body | {"reason": "Away too."}
    await world.post("/delegations", for_lin, **DIRECTOR)
    await world.follow()
    twice = await act(world, dealer, "approval", {}, stand_in)
    assert twice.status_code == 403 and twice.json()["type"].endswith("same-person")

    one = await world.get(f"/delegations/{given}")
    path, why = f"/delegations/{given}/revocation", {"reason": "Back early."}
    foreign = await world.post(path, why, **DIRECTOR, etag=one.headers["etag"])
    assert foreign.status_code == 403
    assert (await world.post(path, why, **GENERAL, etag=one.headers["etag"])).status_code == 200
    await world.follow()
    await act(world, dealer, "return", {"reason": "Again."}, DIRECTOR)
    await act(world, dealer, "proposal", {}, SALES)
    assert (await act(world, dealer, "audit", {}, stand_in)).status_code == 403
    assert [each["revoked"] for each in (await world.get("/delegations")).json()["items"]].count(True) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to": "gao.yu"}, "delegation-to-oneself"),
        ({"first_day": "2026-06-29"}, "dates-implausible"),
        ({"last_day": "2026-06-29"}, "dates-implausible"),
        ({"last_day": "2026-12-31"}, "dates-implausible"),
    ],
)
async def test_a_delegation_that_makes_no_sense_is_refused(world: Any, change: dict[str, str], code: str) -> None:
    body = {"to": "he.jun", "first_day": "2026-06-30", "last_day": "2026-07-10", "reason": "Leave."} | change
    said = await world.post("/delegations", body, **GENERAL)
    assert said.status_code == 422 and said.json()["type"].endswith(code)


async def test_nothing_is_proposed_without_a_survey(world: Any) -> None:
    dealer = await opened(world, "5500", survey=None)
    now = await review(world, dealer)
    assert (now["proposed"], now["cannot_be_graded"]) == (None, "survey-missing")
    said = await act(world, dealer, "proposal", {}, SALES)
    assert said.status_code == 409 and said.json()["type"].endswith("survey-missing")


async def test_the_inbox_shows_what_waits_for_whom_and_only_the_own_scope(world: Any) -> None:
    dealer = await opened(world, "5600")
    await act(world, dealer, "proposal", {}, SALES)
    waiting = (await world.get("/credit-reviews", query={"stage": "proposed", "limit": 200})).json()["items"]
    (row,) = [each for each in waiting if each["dealer"] == dealer]
    assert (row["previous_grade"], row["grade"], row["proposed_by"]) == (None, 3, "sun.li")
    assert {each["stage"] for each in waiting} == {"proposed"}
    elsewhere = (await world.get("/credit-reviews", "branch_manager", branch="B2")).json()["items"]
    assert dealer not in {each["dealer"] for each in elsewhere}
    late = (await world.get("/credit-reviews", query={"late": True, "limit": 200})).json()["items"]
    assert dealer in {each["dealer"] for each in late}, "onboarded in January 2024, never rated"


async def clock_turns(world: Any, today: date) -> None:
    clock = Clock(REVIEWS, world.log, world.pool, holder=str(uuid4()), today=lambda: today)
    await world.pool.execute("delete from projection.lease")
    while await clock.turn():
        pass
    await world.follow()


async def test_reviews_open_and_escalate_by_date_once(world: Any) -> None:
    dealer = await world.dealer("5700", onboarded_on=date(2026, 5, 1))  # first due on 2026-05-31
    await world.follow()
    for _ in range(2):
        await clock_turns(world, date(2026, 6, 30))
    rows = await world.log.read_stream(f"{dealer}/credit")
    said = [decode(row.document) for row in rows]
    assert [(each.type, str(each.businessdate)) for each in said[1:]] == [
        ("CreditReviewOpened", "2026-05-17"), ("CreditReviewEscalated", "2026-06-15"),
    ]  # fmt: skip
    assert tuple(each.kind for each in REVIEWS) == (OPEN_REVIEW, REOPEN_REVIEW, ESCALATE_REVIEW)
    assert (await review(world, dealer))["escalated_on"] == "2026-06-15"


async def test_a_graded_dealer_that_pays_late_is_watched_until_its_next_grade_and_never_regraded(world: Any) -> None:
    dealer = await graded(world, "5800")
    await look_at_all(world.log, date(2026, 7, 1))
    await world.follow()
    assert (await review(world, dealer))["watched_since"] is None
    later = date(2026, 9, 15)  # its June invoice was due in July and is still open
    assert await look_at_all(world.log, later) >= 1
    await world.follow()
    watched = await review(world, dealer)
    assert watched["watched_since"] == "2026-09-15" and watched["grade"] == 3
    assert "payment_reputation" in {each["indicator"] for each in watched["fallen"]}
    inbox = (await world.get("/credit-reviews", query={"watched": True, "limit": 200})).json()["items"]
    assert dealer in {each["dealer"] for each in inbox}
    events = [decode(row.document).type for row in await world.log.read_stream(f"{dealer}/credit")]
    await look_at_all(world.log, later)
    await world.follow()
    again = [decode(row.document).type for row in await world.log.read_stream(f"{dealer}/credit")]
    assert again == events and events.count("CreditGradeAssigned") == 1


async def test_a_watch_ends_when_what_fell_is_restored(world: Any, rows: Any) -> None:
    dealer = await graded(world, "5900")
    back = {"kind": "credit_note", "dealer": {"source": "ERP", "number": "5900"}, "source": "ERP", "number": "CN-5900",
            "amount": "40000.00", "currency": "CNY", "issued_on": "2026-06-30", "reason": "Goods back."}  # fmt: skip
    await world.bulk([back])
    await look_at_all(world.log, date(2026, 6, 30))
    await world.follow()
    (fell,) = (await review(world, dealer))["fallen"]
    assert fell == {"indicator": "monthly_sales", "graded": "B", "now": "C"}
    await world.bulk([rows.invoice("5900", "again-5900", "40000.00", rows.today)])
    await look_at_all(world.log, date(2026, 7, 1))
    await world.follow()
    now = await review(world, dealer)
    assert (now["watched_since"], now["fallen"], now["grade"]) == (None, [], 3)
    last = decode((await world.log.read_stream(f"{dealer}/credit"))[-1].document)
    assert (last.type, str(last.businessdate)) == ("CreditWatchEnded", "2026-07-01")
