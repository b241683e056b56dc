"""Collection over HTTP: the work list, reminders by people and by the clock, promises decided, legal, again as then."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from credit_rating import collecting, slices
from credit_rating.collection_again import rederive
from credit_rating.published_policies import POLICIES
from eventlog.testing import meta
from events import PromiseBroken, ReminderIssued, decode
from rules.policy import PublishPolicy, key

TODAY = date(2026, 6, 30)
SALES: dict[str, str] = {"role": "branch_manager", "branch": "B1", "login": "sun.li"}
CREDIT: dict[str, str] = {"role": "credit_controller", "login": "he.ping"}
DIRECTOR: dict[str, str] = {"role": "regional_director", "region": "R1", "login": "lin.tao"}


async def owing(world: Any, rows: Any, number: str, *, days: int = 40, amount: str = "500.00", **said: Any) -> str:
    """A dealer with one invoice so many days past due on the last of June."""
    dealer: str = await world.dealer(number, **said)
    await world.bulk([rows.invoice(number, f"{number}-1", amount, date.fromordinal(TODAY.toordinal() - days - 30))])
    return dealer


async def looked(world: Any, today: date) -> int:
    """The daily duties: promises decided, reminders by the clock."""
    return await collecting.decide_promises(world.log, today) + await collecting.remind(world.log, today)


async def read(world: Any, dealer: str, **query: str) -> Any:
    return await world.get(f"/dealers/{dealer}/collection", query=query)


async def act(world: Any, dealer: str, step: str, body: Any, who: dict[str, str]) -> Any:
    """One step under the version that a reader sees."""
    etag = (await read(world, dealer)).headers["etag"]
    said = await world.post(f"/dealers/{dealer}/collection/{step}", body, etag=etag, **who)
    await world.follow()
    return said


async def events_of(world: Any, dealer: str) -> list[Any]:
    return [decode(row.document) for row in await world.log.read_stream(f"{dealer}/collection")]


async def test_a_reminder_says_what_the_ledger_gave_at_its_cut_and_comes_out_again(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "7000")
    before = (await read(world, dealer)).json()
    assert (before["stage"], before["action"], before["overdue"], before["reminder_due"]) == (
        3, "manager_visit", "500.00", True,
    )  # fmt: skip
    reminded = await act(world, dealer, "reminders", {"to": "accounts", "note": "Paid a visit."}, SALES)
    assert (reminded.status_code, reminded.json()["stage"], reminded.json()["dunning"]) == (201, 3, True), reminded.text
    now = (await read(world, dealer)).json()
    assert (now["reminder_due"], now["reminded_stage"], now["reminded_on"]) == (False, 3, "2026-06-30")
    (event,) = await events_of(world, dealer)
    assert isinstance(event.event, ReminderIssued) and event.event.invoices[0].number == "7000-1"
    await world.bulk([rows.payment("7000", "P7000", "500.00", date(2026, 6, 29), "7000-1")])  # recorded after the cut
    assert (await read(world, dealer)).json()["stage"] is None
    again = (await world.get(f"/collection/{event.id}/rederivation")).json()
    assert again["equal"] and again["type"] == "ReminderIssued" and again["derived"]["amount"] == "500.00"
    await world.pool.execute("delete from g1.ledger_entry where number = '7000-1'")
    assert not (await rederive(world.log, UUID(str(event.id)))).equal
    gone = await world.get(f"/collection/{UUID(int=0)}/rederivation")
    assert gone.status_code == 404


async def test_nothing_is_reminded_of_that_is_not_overdue_or_further_than_reached(world: Any, rows: Any) -> None:
    dealer, fine = await owing(world, rows, "7100", days=3), await owing(world, rows, "7101", days=-3)
    for who, body, status, code in (
        (dealer, {"to": "accounts", "stage": 2}, 409, "stage-not-reached"),
        (fine, {"to": "accounts"}, 409, "nothing-overdue"),
        (dealer, {"to": ""}, 422, "invalid"),
        (dealer, {"to": "accounts", "channel": "pigeon"}, 422, "invalid"),
    ):
        said = await act(world, who, "reminders", body, SALES)
        assert said.status_code == status and said.json()["type"].endswith(code), said.text
    assert await events_of(world, dealer) == []


async def test_the_day_after_a_promise_payments_decide_whether_it_was_kept(world: Any, rows: Any) -> None:
    kept, broken = await owing(world, rows, "7200"), await owing(world, rows, "7201")
    for dealer in (kept, broken):
        body = {
            "amount": "300.00",
            "pay_by": "2026-07-02",
            "promised_by": "owner's office",
            "invoices": ["x"],
        }
        given = await act(world, dealer, "promises", body, SALES)
        assert given.status_code == 201, given.text
    assert await looked(world, date(2026, 7, 2)) == 0
    await world.bulk([
        rows.payment("7200", "P7200", "300.00", date(2026, 7, 1)), rows.payment("7201", "P7201", "299.00", TODAY)
    ])  # fmt: skip
    assert await looked(world, date(2026, 7, 3)) == 2
    assert await looked(world, date(2026, 7, 4)) == 0
    await world.follow()
    assert await looked(world, date(2026, 7, 4)) == 0
    seen = {dealer: (await read(world, dealer, as_of="2026-07-03")).json() for dealer in (kept, broken)}
    assert [(seen[each]["promises"], seen[each]["broken_promises"]) for each in (kept, broken)] == [([], 0), ([], 1)]
    _, event = await events_of(world, broken)
    assert isinstance(event.event, PromiseBroken) and str(event.event.paid) == "299.00"
    assert (event.actor, event.businessdate) == ("clock", date(2026, 7, 3))
    await world.bulk([rows.payment("7201", "Q7201", "1.00", date(2026, 7, 2))])  # too late to be known: not re-decided
    assert (await world.get(f"/collection/{event.id}/rederivation")).json()["equal"]
    steps = (await world.get(f"/dealers/{broken}/collection/steps", query={"limit": "1"})).json()
    assert (steps["items"][0]["kind"], steps["items"][0]["amount"]) == ("promise_broken", "299.00") and steps["next"]


async def test_a_payment_that_bounces_before_the_promise_is_decided_keeps_none(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "7250")
    body = {"amount": "300.00", "pay_by": "2026-06-30", "promised_by": "owner's office", "invoices": ["x"]}
    assert (await act(world, dealer, "promises", body, SALES)).status_code == 201
    await world.bulk([
        rows.payment("7250", "P7250", "300.00", TODAY),
        {"kind": "bounce", "dealer": {"source": "ERP", "number": "7250"}, "source": "ERP", "number": "P7250",
         "bounced_on": "2026-07-01", "reason": "Account overdrawn."},
    ])  # fmt: skip
    assert await looked(world, date(2026, 7, 1)) == 1
    event = (await events_of(world, dealer))[-1]
    assert isinstance(event.event, PromiseBroken) and event.event.paid == 0
    await world.follow()
    assert (await world.get(f"/collection/{event.id}/rederivation")).json()["equal"]


async def test_tasks_and_legal_take_their_steps_and_two_people(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "7300", days=70)
    task = (await act(world, dealer, "tasks", {"to": "li.wei", "due_on": "2026-07-01", "what": "Visit."}, SALES)).json()
    (open_,) = (await read(world, dealer)).json()["tasks"]
    assert (open_["ref"], open_["late"]) == (task["id"], False)
    assert (await read(world, dealer, as_of="2026-07-02")).json()["tasks"][0]["late"]
    done = await act(world, dealer, f"tasks/{task['id']}/done", {"outcome": "They sold the shop."}, SALES)
    assert (done.status_code, done.json()["open_tasks"]) == (200, 0)
    assert (await act(world, dealer, "legal", {"reason": "Closed down."}, CREDIT)).json()["legal"] == "proposed"
    assert (await act(world, dealer, "legal/refusal", {"reason": "Too early."}, DIRECTOR)).json()["legal"] is None
    assert (await act(world, dealer, "legal", {"reason": "Closed down."}, CREDIT)).status_code == 200
    own = await act(world, dealer, "legal/approval", {}, DIRECTOR | {"login": CREDIT["login"]})
    assert own.status_code == 403 and own.json()["type"].endswith("own-proposal")
    assert (await act(world, dealer, "legal/approval", {}, SALES)).status_code == 403
    assert (await act(world, dealer, "legal/approval", {}, DIRECTOR)).json()["legal"] == "handed"
    refused = await act(world, dealer, "reminders", {"to": "accounts"}, SALES)
    assert refused.json()["type"].endswith("with-legal")
    listed = (await world.get("/collection", query={"legal": "handed"})).json()["items"]
    assert [(each["dealer"], each["legal"], each["reminder_due"]) for each in listed] == [(dealer, "handed", False)]
    assert (await act(world, dealer, "legal/end", {"reason": "They pay."}, DIRECTOR)).json()["legal"] is None
    foreign = await world.post(f"/dealers/{dealer}/collection/legal/end", {"reason": "x"}, etag='"8"',
                               **DIRECTOR | {"region": "R2"})  # fmt: skip
    assert foreign.status_code == 404


async def test_the_work_list_shows_the_worst_first_page_by_page_within_the_scope(world: Any, rows: Any) -> None:
    place = {"territory": "T9"}
    dealers = [
        await owing(world, rows, str(7400 + n), days=days, amount=amount, **place)
        for n, (days, amount) in enumerate(
            [(3, "900.00"), (65, "200.00"), (70, "800.00"), (-5, "100.00"), (12, "50.00")]
        )
    ]
    promised = await act(
        world, dealers[3], "promises", {"amount": "10.00", "pay_by": "2026-07-30", "promised_by": "accounts"}, CREDIT
    )
    assert promised.status_code == 201
    who: dict[str, Any] = {"role": "regional_director", "region": "R2"}
    found: list[Any] = []
    query = {"limit": "2"}
    while True:
        page = (await world.get("/collection", **who, query=query)).json()
        found += page["items"]
        if page["next"] is None:
            break
        query = {"limit": "2", "cursor": page["next"]}
    assert [(each["dealer"], each["stage"], each["overdue"]) for each in found] == [
        (dealers[2], 4, "800.00"), (dealers[1], 4, "200.00"), (dealers[0], 1, "900.00"), (dealers[3], None, "0.00"),
    ]  # fmt: skip
    assert [each["reminder_due"] for each in found] == [True, True, True, False]
    assert (found[3]["open_promises"], found[3]["promised"], found[3]["next_promise_on"]) == (1, "10.00", "2026-07-30")
    only = (await world.get("/collection", **who, query={"stage": "1"})).json()["items"]
    assert [each["dealer"] for each in only] == [dealers[0]]
    then = (await world.get("/collection", **who, query={"as_of": "2026-04-27"})).json()["items"]
    assert [(each["dealer"], each["stage"]) for each in then] == [(dealers[2], 1), (dealers[1], 1)]
    elsewhere = (await world.get("/collection", "regional_director", region="R4")).json()["items"]
    assert elsewhere == []


async def test_promises_are_decided_slice_by_slice(world: Any, rows: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "SLICE", 2)
    monkeypatch.setattr(slices, "SLICE", 2)
    dealers = [await owing(world, rows, f"72{n}9") for n in range(5)]
    for dealer in dealers:
        body = {"amount": "300.00", "pay_by": "2026-07-02", "promised_by": "owner's office", "invoices": ["x"]}
        assert (await act(world, dealer, "promises", body, SALES)).status_code == 201
    await looked(world, date(2026, 7, 3))
    for dealer in dealers:
        assert [type(each.event) for each in await events_of(world, dealer)][1:] == [PromiseBroken]


async def test_the_clock_reminds_where_the_policy_lets_it_once_a_stage(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "7500", days=2)
    assert await looked(world, TODAY) == 0  # by default the clock reminds nobody
    stage = {"from_days": 1, "action": "reminder", "channel": "message", "dunning": False, "by_clock": True}
    content = POLICIES.shipped() | {
        "version": 2, "effective_from": "2026-07-01",
        "collection": {"stages": [stage, stage | {"from_days": 10, "by_clock": False}]},
    }  # fmt: skip
    await world.log.handle(POLICIES.file, key("credit"), PublishPolicy(name="credit", content=content), meta())
    await world.follow()
    first = await looked(world, date(2026, 7, 1))
    await world.follow()
    assert first >= 1 and await looked(world, date(2026, 7, 2)) == 0
    (reminded,) = await events_of(world, dealer)
    assert (reminded.event.stage, reminded.event.by, reminded.actor) == (1, "clock", "clock")
    assert (await world.get(f"/collection/{reminded.id}/rederivation")).json()["equal"]
