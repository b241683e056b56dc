"""Nothing waits unlisted: bounces of a payment that never comes, money for an invoice that nobody issued."""

from __future__ import annotations

from datetime import date
from typing import Any

MAY = date(2026, 5, 20)


def bounce(dealer: str, number: str) -> dict[str, Any]:
    return {"kind": "bounce", "dealer": {"source": "ERP", "number": dealer}, "source": "ERP", "number": number,
            "bounced_on": "2026-06-10", "reason": "No funds."}  # fmt: skip


def dishonour(dealer: str, number: str) -> dict[str, Any]:
    return bounce(dealer, number) | {"kind": "dishonour"}


async def listed(world: Any, role: str = "auditor", **said: Any) -> dict[str, tuple[Any, ...]]:
    scope = {name: said.pop(name) for name in ("branch",) if name in said}
    items = (await world.get("/receivables/waiting", role, query={"limit": 200} | said, **scope)).json()["items"]
    return {
        each["number"]: (each["waits_for_kind"], each["waits_for"], each["days"], each["elsewhere"]) for each in items
    }


async def test_whatever_names_a_document_that_its_ledger_lacks_is_listed_until_that_comes(
    world: Any, rows: Any
) -> None:
    await world.dealer("9200", territory="T9")
    await world.dealer("9201")
    gone = {key: value for key, value in dishonour("9200", "W-none").items() if key != "bounced_on"}
    await world.bulk(
        [
            rows.invoice("9200", "W-A", "50.00", MAY),
            rows.payment("9200", "W-fine", "10.00", MAY, "W-A"),
            rows.payment("9201", "W-P", "9.00", MAY),
            bounce("9200", "W-P"),
            gone | {"dishonoured_on": "2026-06-20"},
            rows.payment("9200", "W-Q", "30.00", MAY, "W-B"),
        ]
    )
    before = await listed(world)
    known = (await world.get("/receivables/waiting")).json()["known_at"]
    assert before == {
        "W-P": ("payment", "W-P", 20, "D9201"), "W-none": ("bill", "W-none", 10, None),
        "W-Q": ("invoice", "W-B", 41, None),
    }  # fmt: skip
    assert (await listed(world, "branch_manager", branch="B9"))["W-P"] == ("payment", "W-P", 20, None)
    assert await listed(world, "branch_manager", branch="B1") == {}
    assert (await listed(world, days_from=21)).keys() == {"W-Q"}
    assert (await listed(world, as_of="2026-06-15")).keys() == {"W-P", "W-Q"}
    await world.bulk([rows.invoice("9200", "W-B", "30.00", MAY)])
    assert (await listed(world)).keys() == {"W-P", "W-none"}
    assert await listed(world, known_at=known) == before


async def test_a_wrong_bounce_is_listed_until_it_is_taken_back(world: Any, rows: Any) -> None:
    dealer = await world.dealer("9210")
    await world.bulk([bounce("9210", "W-X")])
    scope = {"query": {"kind": "bounce"}, "branch": "B1"}
    (entry,) = (await world.get("/receivables/waiting", "branch_manager", **scope)).json()["items"]
    path = f"/dealers/{dealer}/ledger/{entry['entry']}/reversal"
    assert (await world.post(path, {"reason": "Another number."}, "credit_controller")).status_code == 201
    await world.follow()
    assert (await world.get("/receivables/waiting", "branch_manager", **scope)).json()["items"] == []


async def test_the_only_invoice_of_a_number_is_known_to_other_sources_but_not_to_their_disputes(
    world: Any, rows: Any
) -> None:
    await world.dealer("9220", territory="T7")
    disputed = {"kind": "dispute", "dealer": {"source": "ERP", "number": "9220"}, "source": "BANK", "number": "W-D",
                "amount": "1.00", "disputed_on": str(MAY), "reason": "Broken."}  # fmt: skip
    await world.bulk(
        [
            rows.invoice("9220", "W-D", "50.00", MAY),
            rows.payment("9220", "W-bank", "9.00", MAY, "W-D") | {"source": "BANK"},
            rows.payment("9220", "W-twice", "9.00", MAY, "W-E", "W-E"),
            disputed,
        ]
    )
    assert await listed(world, "branch_manager", branch="B7") == {
        "W-D": ("invoice", "W-D", 41, None), "W-twice": ("invoice", "W-E", 41, None),
    }  # fmt: skip
    items = (await world.get("/receivables/waiting", "branch_manager", branch="B7")).json()["items"]
    assert len(items) == 2, "a name that stands twice waits once"
    await world.bulk([rows.invoice("9220", "W-D", "7.00", MAY) | {"source": "OLD"}])
    assert (await listed(world, "branch_manager", branch="B7")).keys() == {"W-D", "W-twice", "W-bank"}
