"""Bounces, bills, write-offs, recoveries, promotion claims and corrections through the API."""

from __future__ import annotations

from datetime import date
from typing import Any

JAN, DUE = date(2026, 1, 5), date(2026, 2, 4)


def named(dealer: str, number: str, **said: Any) -> dict[str, Any]:
    return {"dealer": {"source": "ERP", "number": dealer}, "source": "ERP", "number": number, **said}


def bounce(dealer: str, number: str, on: str = "2026-03-02") -> dict[str, Any]:
    return named(dealer, number, bounced_on=on, reason="Account overdrawn.")


def bill(dealer: str, number: str, amount: str, *invoices: str, matures: str = "2026-07-31") -> dict[str, Any]:
    return named(
        dealer, number, amount=amount, currency="CNY", received_on="2026-02-01", matures_on=matures,
        method="bank_acceptance", allocations=[{"invoice": each} for each in invoices],
    )  # fmt: skip


def give_up(dealer: str, number: str, invoice: str, **said: Any) -> dict[str, Any]:
    return named(dealer, number, invoice=invoice, currency="CNY", written_off_on="2026-06-01", reason="Closed.", **said)


def problem(answer: Any) -> str:
    kind: str = answer.json()["type"]
    return kind.rpartition(":")[2]


async def receivables(world: Any, dealer: str, **query: Any) -> dict[str, Any]:
    await world.follow()
    answer = await world.get(f"/dealers/{dealer}/receivables", query=query)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def entries(world: Any, dealer: str, kind: str) -> list[dict[str, Any]]:
    await world.follow()
    listed = (await world.get(f"/dealers/{dealer}/ledger")).json()["items"]
    return [each for each in listed if each["kind"] == kind]


async def test_a_bounce_opens_the_invoice_again_once_and_says_the_same_to_a_repeat(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8001")
    first = await world.post("/payments/bounce", bounce("8001", "P-8001"))
    assert first.status_code == 201, first.text
    await world.bulk(
        [rows.invoice("8001", "I-8001", "100.00", JAN), rows.payment("8001", "P-8001", "100.00", DUE, "I-8001")]
    )
    again = await world.post("/payments/bounce", bounce("8001", "P-8001"))
    other = await world.post("/payments/bounce", bounce("8001", "P-8001", on="2026-04-01"))
    assert (again.status_code, again.json()) == (201, first.json())
    assert (other.status_code, problem(other)) == (409, "document-conflict")
    assert (await receivables(world, dealer, as_of="2026-03-01"))["balance"] == "0.00"
    said = await receivables(world, dealer, as_of="2026-03-31")
    assert [(each["number"], each["open"], each["due_on"]) for each in said["open_items"]] == [
        ("I-8001", "100.00", "2026-02-04")
    ]
    assert said["on_time_share"] == "0.0000"


async def test_a_bill_settles_and_stays_in_exposure_until_it_matures_or_is_dishonoured(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8002")
    await world.bulk([rows.invoice("8002", f"I-8002-{n}", "100.00", JAN) for n in (1, 2)])
    for number, matures in (("Y-8002", "2026-07-31"), ("Y-8002-B", "2026-06-30")):
        taken = await world.post("/bills", bill("8002", number, "100.00", matures=matures))
        assert taken.status_code == 201, taken.text
    said = await receivables(world, dealer)
    assert (said["balance"], said["unmatured_bills"]) == ("0.00", "100.00")
    assert [(each["number"], each["matures_on"]) for each in said["bills"]] == [("Y-8002", "2026-07-31")]
    exposed = (await world.get(f"/dealers/{dealer}/exposure")).json()
    assert (exposed["unmatured_bills"], exposed["exposure"]) == ("100.00", "100.00")
    gone = named("8002", "Y-8002", dishonoured_on="2026-06-15", reason="The acceptor refused.")
    assert (await world.post("/bills/dishonour", gone)).status_code == 201
    said = await receivables(world, dealer)
    assert (said["balance"], said["unmatured_bills"]) == ("100.00", "0.00")


async def test_a_bill_that_matures_before_it_was_received_is_refused(world: Any) -> None:
    await world.dealer("8003")
    refused = await world.post("/bills", bill("8003", "Y-8003", "1.00", matures="2026-01-31"))
    assert (refused.status_code, problem(refused)) == (422, "implausible-due-date")


async def test_who_is_entitled_writes_off_what_is_open_and_a_repeat_changes_nothing(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8004")
    await world.bulk(
        [rows.invoice("8004", "I-8004", "100.00", JAN), rows.payment("8004", "P-8004", "60.00", DUE, "I-8004")]
    )
    body = give_up("8004", "W-8004", "I-8004")
    unentitled = await world.post("/write-offs", body, "credit_controller")
    assert unentitled.status_code == 403
    more = await world.post("/write-offs", body | {"amount": "40.01"}, "head_of_marketing")
    assert (more.status_code, problem(more), more.json()["open"]) == (409, "more-than-is-open", "40.00")
    async with world.following():
        done = await world.post("/write-offs", body, "head_of_marketing")
        again = await world.post("/write-offs", body, "head_of_marketing")
        twice = await world.post("/write-offs", body | {"number": "W-2"}, "head_of_marketing")
    assert (done.status_code, again.status_code, again.json()) == (201, 201, done.json())
    assert problem(twice) == "more-than-is-open"
    (entry,) = await entries(world, dealer, "write_off")
    assert (entry["amount"], entry["invoice"], entry["reason"]) == ("40.00", "I-8004", "Closed.")
    assert entry["approved_by"]
    money = named("8004", "R-8004", invoice="I-8004", amount="15.00", currency="CNY", recovered_on="2026-06-20",
                  method="cash")  # fmt: skip
    assert (await world.post("/recoveries", money)).status_code == 201
    said = await receivables(world, dealer)
    assert (said["balance"], said["written_off"], said["recovered"]) == ("0.00", "40.00", "15.00")
    assert said["on_time_share"] == "0.6000"


async def test_in_bulk_every_kind_is_taken_and_a_write_off_only_from_the_erps_feed(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8005")
    lines = [
        rows.invoice("8005", "I-8005", "100.00", JAN),
        rows.payment("8005", "P-8005", "10.00", DUE),
        {"kind": "bounce"} | bounce("8005", "P-8005"),
        {"kind": "bill"} | bill("8005", "Y-8005", "20.00", "I-8005"),
        {"kind": "dishonour"} | named("8005", "Y-8005", dishonoured_on="2026-03-01", reason="Refused."),
        {"kind": "write_off"} | give_up("8005", "W-8005", "I-8005", amount="30.00", approved_by="zheng.hao"),
        {"kind": "recovery"}
        | named("8005", "R-8005", amount="5.00", currency="CNY", recovered_on="2026-06-20", method="cash"),
    ]
    by_hand = await world.bulk(lines, "credit_controller")
    assert [each.get("code") for each in by_hand[:-1]] == [None] * 5 + ["approver-needed", None]
    by_feed = await world.bulk(lines)
    assert [each["verdict"] for each in by_feed[:-1]] == ["duplicate"] * 5 + ["accepted", "duplicate"]
    said = await receivables(world, dealer)
    assert (said["balance"], said["written_off"], said["recovered"]) == ("70.00", "30.00", "5.00")


async def test_a_credit_note_names_the_promotion_claim_that_it_settles(world: Any) -> None:
    dealer = await world.dealer("8006")
    note = named("8006", "CN-8006", amount="35.00", currency="CNY", issued_on="2026-02-01", reason="Displays.")
    for said in ({"purpose": "promotion_claim"}, {"claim": "CX-1"}, {"purpose": "return", "claim": "CX-1"}):
        assert (await world.post("/credit-notes", note | said)).status_code == 422
    claimed = note | {"purpose": "promotion_claim", "claim": "CX-1"}
    assert (await world.post("/credit-notes", claimed)).status_code == 201
    (entry,) = await entries(world, dealer, "credit_note")
    assert (entry["purpose"], entry["claim"]) == ("promotion_claim", "CX-1")
    assert (await receivables(world, dealer))["unapplied"] == "35.00"


async def test_one_entry_is_taken_back_once_with_a_reason_and_the_right_document_may_come(
    world: Any, rows: Any
) -> None:
    dealer = await world.dealer("8007")
    await world.bulk([rows.invoice("8007", "I-8007", "100.00", JAN)])
    (wrong,) = await entries(world, dealer, "invoice")
    path, why = f"/dealers/{dealer}/ledger/{wrong['id']}/reversal", {"reason": "The amount was typed wrong."}
    assert (await world.post(path, why, "region_clerk", region="R1")).status_code == 403
    done = await world.post(path, why, "credit_controller", key="once")
    again = await world.post(path, why, "credit_controller", key="once")
    other = await world.post(path, why, "credit_controller", key="another")
    assert (done.status_code, again.json()) == (201, done.json()), done.text
    assert (other.status_code, problem(other)) == (409, "already-reversed")
    assert (await receivables(world, dealer))["balance"] == "0.00"
    (back,) = await entries(world, dealer, "reversal")
    assert (back["reverses"], back["reason"]) == (wrong["id"], why["reason"])
    stands = await world.post(f"/dealers/{dealer}/ledger/{back['id']}/reversal", why, "credit_controller")
    assert (stands.status_code, problem(stands)) == (409, "not-reversible")
    elsewhere = await world.dealer("8008")
    none = await world.post(f"/dealers/{elsewhere}/ledger/{wrong['id']}/reversal", why, "credit_controller")
    assert none.status_code == 404
    await world.bulk([rows.invoice("8007", "I-8007", "110.00", JAN)])
    assert (await receivables(world, dealer))["balance"] == "110.00"
    assert [each["taken_back"] for each in await entries(world, dealer, "invoice")] == [True, False]
