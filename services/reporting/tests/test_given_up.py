"""Bounced payments, acceptance bills and write-offs in the list, on the page and in the ledger of reporting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import httpx
import pytest
from history import Network
from small_story import ANNA, BOLIN, CHEN

from service.testing import bearer

JAN, FEB, MAR = date(2026, 1, 10), date(2026, 2, 9), date(2026, 3, 10)


def story() -> Network:
    """Anna's payment bounces in March, Bolin pays by a bill that matures in April, half of Chen's is written off."""
    made = Network()
    made.places()
    for dealer, code in ((ANNA, "D-001"), (BOLIN, "D-002"), (CHEN, "D-003")):
        made.onboard(dealer, code, f"Dealer {code}")
        made.invoice(dealer, f"I-{code}", "1000.00", JAN, FEB)
    made.close("2026-02", MAR)
    made.payment(ANNA, "P-1", "1000.00", FEB)
    made.bounce(ANNA, "P-1", MAR)
    made.bill(BOLIN, "Y-1", "600.00", FEB, date(2026, 4, 9))
    made.write_off(CHEN, "I-D-003", "1400.00", MAR)
    return made


@pytest.fixture(scope="module")
async def client(serving: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Calls as the auditor."""
    transport = httpx.ASGITransport(await serving(story()))
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=bearer("auditor"),
                                 timeout=60) as made:  # fmt: skip
        yield made


@pytest.mark.parametrize(
    ("as_of", "balances", "bills"),
    [
        ("2026-02-08", ("1000.00", "1000.00", "1000.00"), "0"),
        ("2026-03-09", ("0.00", "400.00", "1000.00"), "600.00"),
        ("2026-03-10", ("1000.00", "400.00", "0.00"), "600.00"),
        ("2026-04-09", ("1000.00", "400.00", "0.00"), "0"),
    ],
)
async def test_the_list_and_the_page_owe_the_same_at_every_day(client, as_of, balances, bills) -> None:
    listed = (await client.get("/api/dealers", params={"as_of": as_of})).json()["items"]
    assert tuple(row["balance"] for row in listed) == balances
    assert listed[1]["unmatured_bills"] == bills
    for row in listed:
        assert float(row["exposure"]) == float(row["balance"]) + float(row["unmatured_bills"])
        one = (await client.get(f"/api/dealers/{row['dealer']}", params={"as_of": as_of})).json()
        assert one["balance"] == row["balance"]


async def test_the_ledger_marks_what_bounced_and_the_timeline_tells_it(client) -> None:
    page = (await client.get(f"/dealers/{ANNA}/ledger", params={"as_of": "2026-03-10"})).text
    assert "<mark>bounced</mark>" in page and "bounced payment" in page
    before = (await client.get(f"/dealers/{ANNA}/ledger", params={"as_of": "2026-03-09"})).text
    assert "<mark>bounced</mark>" not in before
    for dealer, name in ((ANNA, "PaymentBounced"), (BOLIN, "BillReceived"), (CHEN, "ReceivableWrittenOff")):
        told = (await client.get(f"/api/dealers/{dealer}/timeline")).json()["items"]
        assert name in {each["type"] for each in told}


async def test_a_dealers_page_says_what_bills_and_write_offs_do_to_its_exposure(client) -> None:
    page = (await client.get(f"/dealers/{BOLIN}", params={"as_of": "2026-03-10"})).text
    assert "Exposure 1,000.00 = balance 400.00 + unmatured bills 600.00" in page
    assert "Written off: 1,000.00" in (await client.get(f"/dealers/{CHEN}")).text


async def test_the_ledger_marks_what_came_after_its_month_was_closed(client) -> None:
    page = (await client.get(f"/dealers/{ANNA}/ledger")).text
    assert page.count("<mark>after the month was closed</mark>") == 1, "the payment of February, not January's invoice"
    assert "after the month was closed" in (await client.get(f"/dealers/{BOLIN}/ledger")).text
    assert "after the month was closed" not in (await client.get(f"/dealers/{CHEN}/ledger")).text
