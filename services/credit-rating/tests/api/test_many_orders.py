"""Orders in bulk, as the ERP hands them in: a decision and a verdict a row."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from service.testing import bearer


def order(dealer: str, number: str, amount: str, **said: Any) -> dict[str, Any]:
    who = {"source": "ERP", "number": dealer}
    return {"kind": "order", "dealer": who, "number": number, "amount": amount, "currency": "CNY"} | said


def cancellation(dealer: str, number: str) -> dict[str, Any]:
    return {"kind": "cancellation", "dealer": {"source": "ERP", "number": dealer}, "number": number, "reason": "Off."}


async def ready(world: Any, rows: Any, number: str) -> str:
    """A dealer with a limit of 48,000 that owes nothing."""
    dealer: str = await world.dealer(number)
    await world.trade(dealer, number)
    await world.bulk([rows.payment(number, f"P{number}", "60000.00", rows.today)])
    await world.rate()
    return dealer


async def bulk(world: Any, *lines: Any) -> list[Any]:
    """The verdicts and the summary."""
    headers = bearer("importer") | {"Idempotency-Key": uuid4().hex, "Content-Type": "application/x-ndjson"}
    text = "\n".join(json.dumps(line) for line in lines)
    answer = await world.client.post("/orders:bulk", content=text, headers=headers)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_every_row_is_decided_in_turn_and_told_how_and_a_repeat_decides_nothing(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "5001")
    lines = [
        order("5001", "B-1", "40000.00", ordered_on=str(rows.today - timedelta(days=40))),
        order("5001", "B-2", "9000.00"),
        cancellation("5001", "B-1"),
        order("5001", "B-3", "9000.00"),
    ]
    async with world.following():
        *said, summary = await bulk(world, *lines)
        *again, repeated = await bulk(world, *lines)
    assert [each["state"] for each in said] == ["released", "held", "cancelled", "released"]
    assert said[1]["reasons"] == [{"code": "limit-exceeded", "amount": "1000.00"}]
    assert summary["summary"]["accepted"] == 4 and repeated["summary"]["duplicates"] == 4
    assert [each | {"verdict": "accepted"} for each in again] == said, "with the same outcome and position"
    shown = (await world.get(f"/dealers/{dealer}/orders", "branch_manager", branch="B1")).json()["items"]
    first = next(each for each in shown if each["number"] == "B-1")
    assert (first["ordered_on"], first["check"]["as_of"]) == (str(rows.today - timedelta(days=40)), str(rows.today))


async def test_a_row_that_cannot_be_taken_says_why_and_touches_no_other(world: Any, rows: Any) -> None:
    await ready(world, rows, "5002")
    bad = {
        "document-conflict": order("5002", "C-1", "11.00"),
        "other-currency": order("5002", "C-2", "10.00", currency="USD"),
        "future-date": order("5002", "C-3", "10.00", ordered_on=str(rows.today + timedelta(days=2))),
        "unknown-dealer": order("no-such", "C-4", "10.00"),
        "order-not-open": cancellation("5002", "C-5"),
        "invalid": order("5002", "C-6", "0.00"),
    }
    async with world.following():
        *said, _ = await bulk(world, order("5002", "C-1", "10.00"), *bad.values(), order("5002", "C-7", "10.00"))
    assert [each.get("code") for each in said] == [None, *bad, None]
    assert [each.get("state") for each in said] == ["released", *[None] * len(bad), "released"]


async def test_an_order_that_was_placed_singly_is_a_duplicate_and_another_under_its_number_a_conflict(
    world: Any, rows: Any
) -> None:
    dealer = await ready(world, rows, "5003")
    await ready(world, rows, "5013")
    single = {"number": "D-1", "amount": "10.00", "currency": "CNY"}
    async with world.following():
        placed = await world.post(f"/dealers/{dealer}/orders", single, "branch_manager", branch="B1")
        assert placed.status_code == 201, placed.text
        *said, _ = await bulk(world, order("5003", "D-1", "10"))
        *others, _ = await bulk(world, order("5013", "D-1", "10.00"))
    assert (said[0]["verdict"], others[0]["code"]) == ("duplicate", "document-conflict")


async def test_two_files_at_once_never_spend_more_than_the_limit(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "5004")
    files = [[order("5004", f"E-{half}-{n}", "5000.00") for n in range(10)] for half in (0, 1)]
    async with world.following():
        said = await asyncio.gather(*(bulk(world, *lines) for lines in files))
    states = [each["state"] for *verdicts, _ in said for each in verdicts]
    assert (states.count("released"), states.count("held")) == (9, 11)
    await world.follow()
    exposure = (await world.get(f"/dealers/{dealer}/exposure")).json()
    assert Decimal(exposure["exposure"]) == 45000


async def test_only_a_machine_hands_orders_in_in_bulk(world: Any) -> None:
    headers = bearer("branch_manager", branch="B1") | {
        "Idempotency-Key": "b", "Content-Type": "application/x-ndjson",
    }  # fmt: skip
    answer = await world.client.post("/orders:bulk", content="{}", headers=headers)
    assert answer.status_code == 403
