"""The inbox of unapplied cash: everything that is left of anybody's money in scope, the oldest first, page by page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any


async def test_the_inbox_lists_what_is_left_oldest_first_within_ones_scope(world: Any, rows: Any) -> None:
    ours, theirs, even = [
        await world.dealer(n, territory=t) for n, t in (("9000", "T1"), ("9001", "T9"), ("9002", "T1"))
    ]
    await world.bulk(
        [
            rows.payment("9000", "U-1", "30.00", date(2026, 6, 9), "to come"),
            rows.payment("9000", "U-2", "12.50", date(2026, 5, 9)),
            rows.payment("9001", "U-3", "7.00", date(2026, 6, 1)),
            rows.invoice("9002", "U-A", "5.00", date(2026, 6, 1)),
            rows.payment("9002", "U-4", "5.00", date(2026, 6, 2), "U-A"),
        ]
    )
    query: dict[str, Any] = {"limit": 1}
    found: list[dict[str, Any]] = []
    while True:
        page = (await world.get("/receivables/unapplied", query=query)).json()
        found += page["items"]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert [(each["number"], each["dealer"], each["amount"], each["why"], each["waiting_for"]) for each in found] == [
        ("U-2", ours, "12.50", "nothing-open", []),
        ("U-3", theirs, "7.00", "nothing-open", []),
        ("U-1", ours, "30.00", "unknown-invoice", ["to come"]),
    ]
    told = [(await world.get(f"/dealers/{dealer}/receivables")).json()["unapplied"] for dealer in (ours, theirs, even)]
    assert sum(map(Decimal, told)) == sum(Decimal(each["amount"]) for each in found)
    mine = (await world.get("/receivables/unapplied", "branch_manager", branch="B9")).json()["items"]
    assert [each["number"] for each in mine] == ["U-3"]
    before = (await world.get("/receivables/unapplied", query={"as_of": "2026-05-31"})).json()["items"]
    assert [each["number"] for each in before] == ["U-2"]
    await world.bulk([rows.invoice("9000", "to come", "40.00", date(2026, 6, 20))])
    now = (await world.get("/receivables/unapplied")).json()["items"]
    known = (await world.get("/receivables/unapplied", query={"known_at": page["known_at"]})).json()["items"]
    assert ([(each["number"], each["amount"]) for each in now], len(known)) == ([("U-2", "2.50"), ("U-3", "7.00")], 3)
