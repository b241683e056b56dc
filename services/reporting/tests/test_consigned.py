"""Consigned stock in list, page and group: the latest report of the day, as known then."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest
from history import Network
from small_story import ANNA, BOLIN

from events import InventoryReported
from service.testing import bearer

DAY = date(2026, 3, 10)


def reported(number: str, on: str, consigned: str, own: str = "0") -> InventoryReported:
    """A report of something of ours, and something of the dealer's own."""
    lines = [{"product": "P", "quantity": 1, "value": consigned, "consigned": True},
             {"product": "P", "quantity": 1, "value": own}]  # fmt: skip
    return InventoryReported.model_validate(
        {"source": "erp", "number": number, "as_of": on, "currency": "CNY", "lines": lines,
         "value": Decimal(consigned) + Decimal(own), "consigned_value": consigned}
    )  # fmt: skip


def story() -> tuple[Network, dict[str, dict[str, int]]]:
    """Anna holds of ours by two month ends; the report of January is put right late: `early` is the cut before."""
    made = Network()
    made.places()
    for dealer, code in ((ANNA, "D-001"), (BOLIN, "D-002")):
        made.onboard(dealer, code, f"Dealer {code}")
    made.invoice(ANNA, "I-1", "1000.00", DAY, DAY)
    made.tiering.add(reported("K-1", "2026-01-31", "300.00", own="77.00"), ANNA, on=DAY)
    made.tiering.add(reported("K-2", "2026-02-28", "450.50"), ANNA, on=DAY)
    made.group("LH", "联华控股 Holding", "80000", date(2026, 1, 1), ANNA, BOLIN)
    early = {source: {str(p): s for p, s in cut.items()} for source, cut in made.cut.items()}
    made.tiering.add(reported("K-3", "2026-01-31", "310.00"), ANNA, on=DAY)
    return made, early


@pytest.fixture(scope="module")
async def told(serving: Any) -> AsyncIterator[tuple[httpx.AsyncClient, dict[str, dict[str, int]]]]:
    """Calls as the auditor, and the early cut."""
    network, early = story()
    transport = httpx.ASGITransport(await serving(network))
    async with httpx.AsyncClient(transport=transport, base_url="http://reporting", headers=bearer("auditor"),
                                 timeout=60) as made:  # fmt: skip
        yield made, early


async def test_exposure_counts_what_the_dealer_held_of_ours_on_the_day_known_then(told: Any) -> None:
    client, early = told
    said = {}
    for day, known in (("2026-01-30", None), ("2026-01-31", None), ("2026-01-31", early), ("2026-03-10", None)):
        asked = {"as_of": day} | ({"known_at": json.dumps(known)} if known else {})
        (anna, bolin) = (await client.get("/api/dealers", params=asked)).json()["items"]
        said[day, bool(known)] = (anna["consigned_stock"], anna["exposure"])
        assert (bolin["consigned_stock"], bolin["exposure"]) == ("0", "0")
    assert said == {
        ("2026-01-30", False): ("0", "0"), ("2026-01-31", False): ("310.00", "310.00"),
        ("2026-01-31", True): ("300.00", "300.00"), ("2026-03-10", False): ("450.50", "1450.50"),
    }  # fmt: skip


async def test_the_page_says_it_the_group_adds_it_and_the_timeline_tells_the_report(told: Any) -> None:
    client, _ = told
    page = (await client.get(f"/dealers/{ANNA}")).text
    assert "Exposure 1,450.50 = balance 1,000.00" in page and "+ consigned stock 450.50." in page
    assert "Stock reported" in page and "of it consigned 450.50" in page
    group = (await client.get(f"/api/dealers/{ANNA}")).json()["group"]
    assert {each["dealer"]: each["exposure"] for each in group["members"]} == {ANNA: "1450.50", BOLIN: "0"}
