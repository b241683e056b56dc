"""Two checks at once never spend the same headroom."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from credit_rating.domain.order import ORDERS, PlaceOrder
from credit_rating.recording import Recorder
from credit_rating.revisions import reversal_id
from credit_rating.standing import gathered_standing
from eventlog.log import Log
from eventlog.meta import Meta
from events import LedgerEntryReversed, OrderHeld, OrderReleased, command_id, request_hash

LIMIT = Decimal(48000)


async def ready(world: Any, rows: Any, number: str) -> str:
    """A dealer of grade and limit that owes nothing."""
    dealer: str = await world.dealer(number)
    await world.trade(dealer, number)
    await world.bulk([rows.payment(number, f"P{number}", "60000.00", rows.today)])
    await world.rate()
    return dealer


def host(world: Any, rows: Any, log: Log, dealer: str) -> Callable[[str, Decimal], Awaitable[list[Any]]]:
    """How one host places an order of the dealer."""

    async def place(number: str, amount: Decimal) -> list[Any]:
        async def checked(_: Any) -> PlaceOrder:
            standing = await gathered_standing(world.runtime, UUID(dealer), rows.today)
            return PlaceOrder(number=number, amount=amount, currency="CNY", ordered_on=rows.today, standing=standing)

        meta = Meta(
            actor="li.wei", business_date=rows.today, command_id=command_id("race", number),
            request_hash=request_hash({}), correlation="c",
        )  # fmt: skip
        return list((await log.handle(ORDERS, dealer, None, meta, prepare=checked)).events)

    return place


def released(decided: Iterable[list[Any]]) -> list[Decimal]:
    """The amounts that passed."""
    return [event.amount for events in decided for event in events if isinstance(event, OrderReleased)]


async def test_thirty_orders_at_once_on_two_hosts_never_spend_more_than_the_limit(world: Any, rows: Any) -> None:
    dealer = await ready(world, rows, "2001")
    hosts = [host(world, rows, log, dealer) for log in (world.log, Log("credit-rating", world.pool))]
    async with world.following():
        decided = await asyncio.gather(*(hosts[n % 2](f"R-{n}", Decimal(5000)) for n in range(30)))
    assert sum(released(decided)) <= LIMIT
    assert len(released(decided)) == 9, "as many as fit are released, the rest held"
    await world.follow()
    exposure = (await world.get(f"/dealers/{dealer}/exposure")).json()
    assert Decimal(exposure["exposure"]) == 45000 and Decimal(exposure["headroom"]) == 3000


@pytest.mark.slow
async def test_a_thousand_orders_at_once_spend_the_limit_to_the_last_that_fits_and_never_more(
    world: Any, rows: Any
) -> None:
    dealer = await ready(world, rows, "2005")
    logs = (world.log, Log("credit-rating", world.pool))
    for log in logs:
        log.turns.seconds = 300.0  # a thousand in line, each of which would be told to come again
    hosts = [host(world, rows, log, dealer) for log in logs]
    amounts = [Decimal(20 + 37 * n % 481) for n in range(1000)]
    async with world.following():
        decided = await asyncio.gather(*(hosts[n % 2](f"K-{n}", amount) for n, amount in enumerate(amounts)))
    left = LIMIT - sum(released(decided))
    held = [event for events in decided for event in events if isinstance(event, OrderHeld)]
    assert left >= 0 and len(held) + len(released(decided)) == 1000
    assert all(left < event.amount for event in held), "what was held does not fit into what is left"
    assert all(event.reasons[0].amount == event.check.exposure + event.amount - LIMIT for event in held)


async def test_an_invoice_uses_up_its_order_once_and_returns_it_when_it_is_taken_back(world: Any, rows: Any) -> None:
    dealer = await world.dealer("2002")
    await world.trade(dealer, "2002")
    await world.bulk([rows.payment("2002", "P2002", "60000.00", rows.today)])
    await world.rate()
    order = {"number": "O-2002", "amount": "20000.00", "currency": "CNY"}
    async with world.following():
        placed = await world.post(f"/dealers/{dealer}/orders", order, "branch_manager", branch="B1")
    assert placed.json()["state"] == "released", placed.text
    await world.bulk([rows.invoice("2002", "I-2002", "15000.00", rows.today, order="O-2002")])
    said = (await world.get(f"/dealers/{dealer}/exposure")).json()
    assert (said["open_invoices"], said["reserved"], said["exposure"]) == ("15000.00", "5000.00", "20000.00")
    again = (await world.get(f"/dealers/{dealer}/orders/O-2002", "branch_manager", branch="B1")).json()
    assert Decimal(again["used"]) == 15000
    (invoice,) = await world.pool.fetch("select event from g1.ledger_entry where number = 'I-2002'")
    recorder = Recorder(log=world.log, actor="erp", business_date=rows.today, correlation="c")
    entry = str(invoice["event"])
    taken_back = LedgerEntryReversed(entry=entry, kind="invoice", source="erp", number="I-2002", reason="wrong dealer")
    await world.log.record([recorder.fact(UUID(dealer), reversal_id(invoice["event"]), bytes(32), taken_back)])
    await world.follow()
    said = (await world.get(f"/dealers/{dealer}/exposure")).json()
    assert (said["open_invoices"], said["reserved"], said["exposure"]) == ("0.00", "20000.00", "20000.00")
    again = (await world.get(f"/dealers/{dealer}/orders/O-2002", "branch_manager", branch="B1")).json()
    assert Decimal(again["used"]) == 0


async def test_a_cancelled_order_frees_its_headroom_and_a_stale_cancellation_is_refused(world: Any) -> None:
    dealer = await world.dealer("2003")
    await world.trade(dealer, "2003")
    path = f"/dealers/{dealer}/orders"
    async with world.following():
        held = await world.post(
            path, {"number": "O-2003", "amount": "10.00", "currency": "CNY"}, "branch_manager", branch="B1"
        )
        assert [reason["code"] for reason in held.json()["reasons"]] == ["no-grade"]
        reason, who = {"reason": "Withdrawn"}, {"branch": "B1"}
        unsaid = await world.post(f"{path}/O-2003/cancel", reason, "branch_manager", **who)
        stale = await world.post(f"{path}/O-2003/cancel", reason, "branch_manager", etag='"1"', **who)
        done = await world.post(f"{path}/O-2003/cancel", reason, "branch_manager", etag=held.headers["ETag"], **who)
        gone = await world.post(f"{path}/O-2003/cancel", reason, "branch_manager", etag=done.headers["ETag"], **who)
    assert [r.status_code for r in (unsaid, stale, done, gone)] == [428, 412, 200, 409]


async def test_a_repeated_order_gets_the_same_answer(world: Any) -> None:
    dealer = await world.dealer("2004")
    order = {"number": "O-2004", "amount": "10.00", "currency": "CNY"}
    async with world.following():
        answers = [
            await world.post(f"/dealers/{dealer}/orders", order, "branch_manager", key="same", branch="B1")
            for _ in range(2)
        ]
    assert answers[0].json() == answers[1].json() and answers[0].status_code == 201
