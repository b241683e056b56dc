"""Money that waits is allocated later: what it pays from then on, as known when; once, and only what is left of it."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

JAN, MAY, JUNE = date(2026, 1, 5), date(2026, 5, 20), "2026-06-20"
WHY = "The slip bore another number; the dealer confirmed."


def to(amount: str, invoice: str, on: str = JUNE) -> dict[str, Any]:
    return {"allocations": [{"invoice": invoice, "amount": amount}], "allocated_on": on, "reason": WHY}


async def waiting(world: Any, rows: Any, number: str) -> tuple[str, dict[str, Any]]:
    """A dealer with invoices A and B of 100, and 100 that name a number nobody knows; what the inbox says of it."""
    dealer = await world.dealer(number)
    await world.bulk(
        [
            rows.invoice(number, f"{number}-A", "100.00", JAN),
            rows.invoice(number, f"{number}-B", "100.00", MAY),
            rows.payment(number, f"{number}-P", "100.00", MAY, "wrong number"),
        ]
    )
    inbox = (await world.get("/receivables/unapplied", query={"limit": 200})).json()["items"]
    return dealer, next(each for each in inbox if each["dealer"] == dealer)


async def open_of(world: Any, dealer: str, **query: str) -> dict[str, str]:
    said = (await world.get(f"/dealers/{dealer}/receivables", query=query)).json()
    return {each["number"]: each["open"] for each in said["open_items"]} | {"unapplied": said["unapplied"]}


async def test_the_inbox_leads_to_it_and_neither_an_earlier_day_nor_what_was_known_before_changes(
    world: Any, rows: Any
) -> None:
    dealer, left = await waiting(world, rows, "9100")
    known = (await world.get(f"/dealers/{dealer}/receivables")).json()["known_at"]
    both = {"9100-A": "100.00", "9100-B": "100.00", "unapplied": "100.00"}
    async with world.following():
        done = await world.post(left["allocation"], to("60.00", "9100-B"), "credit_controller")
    assert done.status_code == 201, done.text
    await world.follow()
    assert await open_of(world, dealer) == {"9100-A": "100.00", "9100-B": "40.00", "unapplied": "40.00"}
    assert await open_of(world, dealer, as_of="2026-06-19") == both
    assert await open_of(world, dealer, known_at=known) == both
    (entry,) = (await world.get(f"/dealers/{dealer}/ledger", query={"kind": "allocation"})).json()["items"]
    assert (entry["allocates"], entry["dated"], entry["reason"], entry["amount"]) == (left["entry"], JUNE, WHY, None)
    assert entry["allocations"] == [{"invoice": "9100-B", "amount": "60.00"}] and entry["approved_by"]
    totals = (await world.get("/completeness")).json()["items"]
    assert "allocation" not in {each["kind"] for each in totals}


async def test_a_repeat_changes_nothing_and_two_at_once_never_name_the_same_money(world: Any, rows: Any) -> None:
    dealer, left = await waiting(world, rows, "9101")
    async with world.following():
        bodies = (to("70.00", "9101-A"), to("70.00", "9101-B"))
        one, other = await asyncio.gather(
            *(world.post(left["allocation"], body, "credit_controller", key=f"k-{n}") for n, body in enumerate(bodies))
        )
        again = await world.post(left["allocation"], to("70.00", "9101-A"), "credit_controller", key="k-0")
        third = await world.post(left["allocation"], to("31.00", "9101-B"), "credit_controller")
    await world.follow()
    done, refused = (one, other) if one.status_code == 201 else (other, one)
    assert (done.status_code, refused.status_code) == (201, 409)
    assert refused.json()["type"].rpartition(":")[2] in {"allocated-meanwhile", "more-than-is-left"}
    assert again.status_code == (201 if done is one else 409)
    if done is one:
        assert again.json() == one.json()
    assert (third.status_code, third.json()["left"]) == (409, "30.00")
    assert len((await world.get(f"/dealers/{dealer}/ledger", query={"kind": "allocation"})).json()["items"]) == 1


async def test_taken_back_the_money_waits_again(world: Any, rows: Any) -> None:
    dealer, left = await waiting(world, rows, "9102")
    async with world.following():
        done = (await world.post(left["allocation"], to("100.00", "9102-A"), "credit_controller")).json()
    await world.follow()
    path = f"/dealers/{dealer}/ledger/{done['id']}/reversal"
    taken_back = await world.post(path, {"reason": "The other dealer's money."}, "credit_controller")
    assert (taken_back.status_code, taken_back.json()["kind"]) == (201, "allocation")
    await world.follow()
    assert (await open_of(world, dealer))["unapplied"] == "100.00"
    async with world.following():
        assert (await world.post(left["allocation"], to("100.00", "9102-B"), "credit_controller")).status_code == 201


async def test_what_the_money_or_the_invoice_does_not_bear_is_refused_and_so_is_who_may_not(
    world: Any, rows: Any
) -> None:
    dealer, left = await waiting(world, rows, "9103")
    invoice = (await world.get(f"/dealers/{dealer}/ledger", query={"kind": "invoice"})).json()["items"][0]["id"]
    async with world.following():
        found = [
            (await world.post(path, body, role)).json()["type"].rpartition(":")[2]
            for path, body, role in (
                (left["allocation"], to("1.00", "nowhere"), "credit_controller"),
                (left["allocation"], to("100.01", "9103-A"), "credit_controller"),
                (left["allocation"], to("1.00", "9103-A", on="2026-05-19"), "credit_controller"),
                (f"/dealers/{dealer}/ledger/{invoice}/allocation", to("1.00", "9103-A"), "credit_controller"),
                (f"/dealers/{dealer}/ledger/{dealer}/allocation", to("1.00", "9103-A"), "credit_controller"),
                (left["allocation"], to("1.00", "9103-A"), "auditor"),
            )
        ]
    assert found == [
        "unknown-invoice",
        "more-than-is-left",
        "not-allocatable",
        "not-allocatable",
        "not-found",
        "forbidden",
    ]
