"""Statements of account: issued by hand and by the clock, the same for ever, sent, confirmed or differing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from credit_rating import statement_worker
from credit_rating.domain.statement_drawing import drawn_up
from credit_rating.slices import SomeWait
from credit_rating.statement_worker import issue_all

CONTROLLER, COPY = "credit_controller", "c" * 64
SENT = {"how": "email", "to": "Accounts"}


async def owing(world: Any, rows: Any, number: str) -> str:
    """Owes 100.00 before May; in May 250.50 are invoiced and 60.00 paid; in June 40.00 are paid."""
    dealer: str = await world.dealer(number)
    await world.bulk(
        [
            rows.invoice(number, f"{number}-A", "100.00", date(2026, 4, 1)),
            rows.invoice(number, f"{number}-B", "250.50", date(2026, 5, 2)),
            rows.payment(number, f"{number}-P", "60.00", date(2026, 5, 20), f"{number}-A"),
            rows.payment(number, f"{number}-Q", "40.00", date(2026, 6, 1), f"{number}-A"),
        ]
    )
    return dealer


async def issue(world: Any, dealer: str, month: str = "2026-05", **who: Any) -> Any:
    said = await world.post(f"/dealers/{dealer}/statements", {"month": month}, **({"role": CONTROLLER} | who))
    await world.follow()
    return said


async def step(
    world: Any, dealer: str, statement: str, name: str, body: Any, role: str = CONTROLLER, **who: str
) -> Any:
    etag = (await world.get(f"/statements/{statement}")).headers["etag"]
    path = f"/dealers/{dealer}/statements/{statement}/{name}"
    said = await world.post(path, body, role, etag=etag, **who)
    await world.follow()
    return said


async def lines(world: Any, statement: str) -> Any:
    return (await world.get(f"/statements/{statement}/lines")).json()


async def test_opening_balance_and_lines_are_the_closing_balance_for_ever(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8000")
    issued = await issue(world, dealer)
    assert issued.status_code == 201, issued.text
    said = issued.json()
    assert (said["opening_balance"], said["closing_balance"], said["lines"]) == ("100.00", "290.50", 2)
    before = await lines(world, said["statement"])
    assert [(each["number"], each["amount"], each["balance"]) for each in before["items"]] == [
        ("8000-B", "250.50", "350.50"), ("8000-P", "-60.00", "290.50"),
    ]  # fmt: skip
    path = f"/statements/{said['statement']}"
    whole = (await world.get(path)).json()
    assert {each["name"]: each["amount"] for each in whole["ageing"] if each["amount"] != "0.00"} == {
        "not_due": "250.50", "1-30": "40.00",
    }  # fmt: skip
    assert [(each["step"], each["by"]) for each in whole["steps"]] == [("issued", "credit-controller")]
    await world.bulk([rows.invoice("8000", "8000-late", "9.99", date(2026, 5, 3))])
    assert await lines(world, said["statement"]) == before
    assert (await world.get(f"{path}/rederivation")).json() == {
        "statement": said["statement"], "equal": True, "differences": [],
    }  # fmt: skip
    june = (await world.get(f"/dealers/{dealer}/receivables", query={"as_of": "2026-05-31"})).json()
    assert june["balance"] == "300.49", "what came late is owed, and is not on the statement"
    first = await world.get(f"{path}/lines", query={"limit": 1})
    rest = await world.get(f"{path}/lines", query={"limit": 1, "cursor": first.json()["next"]})
    assert first.json()["items"] + rest.json()["items"] == before["items"] and rest.json()["next"] is None


async def test_a_changed_row_is_found_by_its_rederivation(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8100")
    statement = (await issue(world, dealer)).json()["statement"]
    schema = await world.pool.fetchval("select schema from projection.generation")
    await world.pool.execute(f"update {schema}.ledger_entry set amount = 61 where number = '8100-P'")
    found = (await world.get(f"/statements/{statement}/rederivation")).json()
    await world.pool.execute(f"update {schema}.ledger_entry set amount = 60 where number = '8100-P'")
    paths = {each["path"] for each in found["differences"]}
    assert not found["equal"] and {"statement.digest", "statement.closing_balance"} <= paths


async def test_a_statement_is_sent_and_confirmed_and_restarts_the_limitation(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8200")
    statement = (await issue(world, dealer)).json()["statement"]
    early = await step(world, dealer, statement, "confirmation", {"confirmed_by": "Accounts"})
    assert early.status_code == 409 and early.json()["type"].endswith("statement-stage")
    sent = await step(world, dealer, statement, "sending", SENT | {"on": "2026-06-02"}, "branch_manager", branch="B1")
    assert (sent.status_code, sent.json()["stage"]) == (200, "sent"), sent.text
    await world.bulk([rows.invoice("8200", "8200-C", "5.00", date(2026, 5, 30))])
    agreed = {"confirmed_by": "Accounts", "signed_copy": COPY, "on": "2026-06-10"}
    confirmed = await step(world, dealer, statement, "confirmation", agreed)
    assert (confirmed.status_code, confirmed.json()["stage"]) == (200, "confirmed"), confirmed.text
    shown = (await world.get(f"/statements/{statement}")).json()
    assert (shown["stage"], shown["signed_copy"], shown["stage_on"]) == ("confirmed", COPY, "2026-06-10")
    assert [each["step"] for each in shown["steps"]] == ["issued", "sent", "confirmed"]
    path = f"/dealers/{dealer}/limitations"
    on = {each["number"]: each for each in (await world.get(path)).json()["items"]}
    assert {name: (each["because"], each["last_day"]) for name, each in on.items()} == {
        "8200-B": ("statement", "2029-06-10"), "8200-C": ("due_date", "2029-06-29"),
    }  # fmt: skip
    assert on["8200-B"]["statement"] == statement
    before = (await world.get(path, query={"as_of": "2026-06-09"})).json()["items"]
    assert {each["because"] for each in before} == {"due_date"}
    again = await step(world, dealer, statement, "withdrawal", {"reason": "Too late."})
    assert again.status_code == 409 and again.json()["type"].endswith("statement-not-open")


async def test_a_reminder_that_demands_payment_restarts_the_limitation_of_what_it_names(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8250")
    await world.bulk(
        [
            rows.invoice("8250", "8250-A", "500.00", date(2026, 5, 1)),
            rows.invoice("8250", "8250-B", "1.00", date(2026, 6, 9)),
        ]
    )
    etag = (await world.get(f"/dealers/{dealer}/collection")).headers["etag"]
    path, body = f"/dealers/{dealer}/collection/reminders", {"to": "accounts"}
    reminded = await world.post(path, body, "branch_manager", branch="B1", etag=etag)
    assert (reminded.status_code, reminded.json()["dunning"]) == (201, True), reminded.text
    await world.follow()
    found = (await world.get(f"/dealers/{dealer}/limitations")).json()["items"]
    assert {each["number"]: (each["because"], each["last_day"], each["reminder"]) for each in found} == {
        "8250-A": ("dunning", "2029-06-30", reminded.json()["id"]), "8250-B": ("due_date", "2029-07-09", None),
    }  # fmt: skip


async def test_a_difference_is_listed_until_it_is_settled(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8300")
    statement = (await issue(world, dealer)).json()["statement"]
    await step(world, dealer, statement, "sending", SENT)
    theirs = {"their_balance": "250.50", "reason": "8300-Q was paid in May."}
    assert (await step(world, dealer, statement, "difference", theirs)).json()["stage"] == "differing"
    listed = (await world.get("/statements", query={"stage": "differing"})).json()["items"]
    assert [(each["statement"], each["their_balance"]) for each in listed] == [(statement, "250.50")]
    shown = (await world.get(f"/statements/{statement}")).json()["steps"][-1]
    assert (shown["difference"], shown["said"]) == ("40.00", theirs["reason"])
    clerk = {"agreed_balance": "290.50", "reason": "The bank had it on 1 June."}
    refused = await step(world, dealer, statement, "settlement", clerk, "region_clerk", region="R1")
    settled = await step(world, dealer, statement, "settlement", clerk)
    assert (refused.status_code, settled.json()["stage"]) == (403, "settled")
    assert (await world.get("/statements", query={"stage": "differing"})).json()["items"] == []


async def test_an_audit_letter_is_addressed_to_the_auditor_and_goes_the_same_way(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8400")
    body = {"addressed_to": "Huaxin Accountants", "last_day": "2026-05-31"}
    letter = (await world.post(f"/dealers/{dealer}/confirmation-letters", body, CONTROLLER)).json()
    await world.follow()
    said = {
        name: letter[name] for name in ("purpose", "addressed_to", "first_day", "opening_balance", "closing_balance")
    }
    assert said == {
        "purpose": "audit", "addressed_to": "Huaxin Accountants", "first_day": "2026-01-01", "opening_balance": "0.00",
        "closing_balance": "290.50",
    }  # fmt: skip
    assert (await issue(world, dealer)).status_code == 201, "a letter states no month"
    await step(world, dealer, letter["statement"], "sending", {"how": "post", "to": "Accounts"})
    done = await step(world, dealer, letter["statement"], "confirmation", {"confirmed_by": "Accounts"})
    assert done.json()["stage"] == "confirmed"
    listed = (await world.get("/statements", query={"purpose": "audit"})).json()["items"]
    assert [each["statement"] for each in listed] == [letter["statement"]]


async def test_the_clock_states_the_last_month_once_for_whoever_has_activity_or_a_balance(
    world: Any, rows: Any
) -> None:
    owing_, silent = await owing(world, rows, "8500"), await world.dealer("8501")
    settled, by_hand = await world.dealer("8502"), await owing(world, rows, "8503")
    await world.bulk([rows.invoice("8502", "8502-A", "1.00", date(2026, 3, 1)),
                      rows.payment("8502", "8502-P", "1.00", date(2026, 4, 1), "8502-A")])  # fmt: skip
    await issue(world, by_hand)
    first = await issue_all(world.log, date(2026, 6, 1), "CNY")
    repeated = await issue_all(world.log, date(2026, 6, 1), "CNY")
    await world.follow()
    assert (first > 0, repeated, await issue_all(world.log, date(2026, 6, 20), "CNY")) == (True, 0, 0)
    stated = {}
    for dealer in (owing_, silent, settled, by_hand):
        items = (await world.get(f"/dealers/{dealer}/statements")).json()["items"]
        stated[dealer] = [(each["issued_by"], each["last_day"], each["closing_balance"]) for each in items]
    assert stated == {
        owing_: [("clock", "2026-05-31", "290.50")], silent: [], settled: [],
        by_hand: [("credit-controller", "2026-05-31", "290.50")],
    }  # fmt: skip
    statement = (await world.get(f"/dealers/{owing_}/statements")).json()["items"][0]["statement"]
    assert (await world.get(f"/statements/{statement}/rederivation")).json()["equal"]


async def test_a_worker_that_was_away_states_the_months_that_it_missed(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8520")
    await issue_all(world.log, date(2026, 6, 1), "CNY")
    await world.follow()
    assert await issue_all(world.log, date(2026, 9, 7), "CNY") >= 3
    await world.follow()
    items = (await world.get(f"/dealers/{dealer}/statements")).json()["items"]
    assert [(each["last_day"], each["opening_balance"]) for each in items] == [
        ("2026-08-31", "250.50"), ("2026-07-31", "250.50"), ("2026-06-30", "290.50"), ("2026-05-31", "100.00"),
    ]  # fmt: skip


async def test_what_a_dealer_without_any_entry_could_confirm_is_nothing_and_refused(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8530")
    await world.bulk([rows.invoice("8530", "8530-A", "1.00", date(2026, 6, 2))])
    refused = [await issue(world, dealer)]
    letter = {"addressed_to": "Huaxin Accountants", "last_day": "2026-05-31"}
    refused.append(await world.post(f"/dealers/{dealer}/confirmation-letters", letter, CONTROLLER))
    assert [(each.status_code, each.json()["type"].rpartition(":")[2]) for each in refused] == [
        (409, "nothing-to-state")
    ] * 2
    assert (await world.get(f"/dealers/{dealer}/statements")).json()["items"] == []


async def test_a_statement_that_cannot_be_drawn_up_holds_up_no_other(
    world: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd, fine = await owing(world, rows, "8510"), await owing(world, rows, "8511")

    def drawn(entries: Any, *said: Any) -> Any:
        if any(entry.number == "8510-A" for entry in entries):
            raise ValueError("lines add up to something else")
        return drawn_up(entries, *said)

    monkeypatch.setattr(statement_worker, "drawn_up", drawn)
    with pytest.raises(SomeWait) as waiting:
        await issue_all(world.log, date(2026, 6, 1), "CNY")
    assert list(waiting.value.failed) == [odd] and str(waiting.value) == "statements: 1 waiting (ValueError)"
    await world.follow()
    stated = [(await world.get(f"/dealers/{each}/statements")).json()["items"] for each in (odd, fine)]
    assert [len(each) for each in stated] == [0, 1]


async def test_a_letter_whose_first_day_lies_after_its_last_is_refused_for_that(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8190")
    body = {"addressed_to": "Huaxin Accountants", "first_day": "2026-05-01", "last_day": "2026-04-01"}
    said = await world.post(f"/dealers/{dealer}/confirmation-letters", body, CONTROLLER)
    assert (said.status_code, said.json()["type"].rpartition(":")[2]) == (422, "dates-implausible"), said.text


@pytest.mark.parametrize(
    ("month", "status", "code"),
    [("2026-06", 422, "period-not-over"), ("2026-13", 422, "invalid"), ("05", 422, "invalid")],
)
async def test_a_month_that_is_not_over_or_is_none_is_refused(world: Any, month: str, status: int, code: str) -> None:
    dealer = await world.dealer(f"86{month}")
    said = await issue(world, dealer, month)
    assert (said.status_code, said.json()["type"].rpartition(":")[2]) == (status, code)


async def test_a_month_is_stated_once_until_withdrawn_and_only_within_ones_scope(world: Any, rows: Any) -> None:
    dealer = await owing(world, rows, "8700")
    statement = (await issue(world, dealer)).json()["statement"]
    twice = await issue(world, dealer)
    assert twice.status_code == 409 and twice.json()["type"].endswith("statement-issued")
    foreign = await world.get(f"/statements/{statement}", "branch_manager", branch="B9")
    assert foreign.status_code == 404
    assert (await world.get(f"/statements/{statement}/lines", "branch_manager", branch="B9")).status_code == 404
    assert (await issue(world, dealer, role="region_clerk", region="R1")).status_code == 403
    withdrawn = await step(world, dealer, statement, "withdrawal", {"reason": "A payment was missing."})
    assert withdrawn.json()["stage"] == "withdrawn"
    assert (await issue(world, dealer)).status_code == 201


async def test_open_invoices_near_their_limitation_are_listed_over_all_dealers_in_scope(world: Any, rows: Any) -> None:
    old, older = await world.dealer("8800", territory="T9"), await world.dealer("8801", territory="T9")
    await world.bulk(
        [
            rows.invoice("8800", "8800-A", "7.00", date(2023, 8, 29)),  # due 28 September 2023: 90 days before is today
            rows.invoice("8800", "8800-B", "8.00", date(2023, 8, 30)),
            rows.invoice("8801", "8801-A", "9.00", date(2023, 5, 1)),  # due 31 May 2023: over
        ]
    )
    query: dict[str, Any] = {"limit": 1}
    found: dict[str, Any] = {}
    while True:
        page = (await world.get("/receivables/limitations", "branch_manager", query=query, branch="B9")).json()
        found |= {each["dealer"]: each for each in page["items"]}
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found.keys() == {old, older} and page["warn_days"] == 90
    assert [(each["number"], each["days_left"]) for each in found[old]["items"]] == [("8800-A", 90)]
    assert (found[older]["amount"], found[older]["items"][0]["days_left"]) == ("9.00", -30)
    other = (await world.get("/receivables/limitations", "branch_manager", branch="B8")).json()
    assert other["items"] == []
