"""Figures of receivables at every level are the sums of the dealers', in one's scope, as of and known at."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

PLACES = {"7100": "T1", "7101": "T1", "7200": "T2", "7900": "T9"}
SUMMED = ("balance", "open_invoices", "unapplied")


async def network(world: Any, rows: Any) -> dict[str, str]:
    """Four dealers in three territories; what they owe, by hand, on 30 June 2026."""
    dealers = {number: await world.dealer(number, territory=place) for number, place in PLACES.items()}
    await world.bulk(
        [
            rows.invoice("7100", "F-1", "100.01", date(2026, 5, 1)),  # due 31 May: 30 days
            rows.invoice("7100", "F-2", "300.00", date(2026, 6, 10)),
            rows.payment("7100", "FP-1", "0.01", date(2026, 5, 2), "F-1"),
            rows.invoice("7101", "F-3", "66.60", date(2026, 1, 1)),  # due 31 January: 150 days
            rows.payment("7101", "FP-3", "20.00", date(2026, 6, 1), "to come"),
            rows.invoice("7200", "F-4", "500.00", date(2026, 3, 1)),  # due 31 March, paid the day before
            rows.payment("7200", "FP-4", "500.00", date(2026, 3, 30), "F-4"),
            rows.invoice("7900", "F-5", "1000.00", date(2026, 6, 30)),
        ]
    )
    return dealers


async def by(world: Any, level: str, who: str = "auditor", scope: dict[str, str] | None = None, **query: Any) -> Any:
    said = await world.get("/receivables/figures", who, query={"by": level, **query}, **(scope or {}))
    assert said.status_code == 200, said.text
    return said.json()


async def test_every_level_is_the_sum_of_its_dealers(world: Any, rows: Any) -> None:
    dealers = await network(world, rows)
    one = {number: (await world.get(f"/dealers/{dealer}/receivables")).json() for number, dealer in dealers.items()}
    assert (one["7100"]["provision"]["amount"], one["7101"]["provision"]["amount"]) == ("0.50", "33.30")
    assert (one["7100"]["open_items_count"], one["7200"]["on_time_share"]) == (2, "1.0000")
    levels = {
        "territory": {"T1": ["7100", "7101"], "T2": ["7200"], "T9": ["7900"]},
        "branch": {"B1": ["7100", "7101"], "B2": ["7200"], "B9": ["7900"]},
        "region": {"R1": ["7100", "7101", "7200"], "R2": ["7900"]},
        "company": {"company": list(PLACES)},
    }
    for level, places in levels.items():
        found = {row["place"]: row for row in (await by(world, level))["items"]}
        assert found.keys() == places.keys()
        for place, members in places.items():
            row, of = found[place], [one[each] for each in members]
            assert (row["dealers"], row["open_items_count"]) == (len(of), sum(each["open_items_count"] for each in of))
            for name in SUMMED:
                assert Decimal(row[name]) == sum(Decimal(each[name]) for each in of), (place, name)
            assert Decimal(row["provision"]["amount"]) == sum(Decimal(e["provision"]["amount"]) for e in of)
            for n, column in enumerate(row["ageing"]):
                assert Decimal(column["amount"]) == sum(Decimal(each["ageing"][n]["amount"]) for each in of)
            assert row["longest_overdue_days"] == max(each["longest_overdue_days"] for each in of)
    company = (await by(world, "company"))["items"][0]
    assert (company["balance"], company["provision"]["amount"]) == ("1446.60", "33.80")
    # 1,446.60 ÷ (100.01 + 300 + 1,000) × 90; on time 0.01 + 500 of 100.01 + 66.60 + 500
    assert (company["days_sales_outstanding"], company["on_time_share"]) == ("93.0", "0.7501")
    t1 = (await by(world, "territory", limit=1))["items"][0]
    assert (t1["place"], t1["average_days_late"]) == ("T1", "78.0")  # (100 × 30 + 66.6 × 150) ÷ 166.61


async def test_a_level_is_bounded_by_the_callers_scope_and_read_page_by_page(world: Any, rows: Any) -> None:
    if (await by(world, "company"))["items"][0]["dealers"] == 0:
        await network(world, rows)
    branch = await by(world, "company", "branch_manager", {"branch": "B1"})
    assert (branch["items"][0]["dealers"], branch["items"][0]["balance"]) == (2, "446.60")
    regions = await by(world, "region", "branch_manager", {"branch": "B2"})
    assert [(row["place"], row["dealers"]) for row in regions["items"]] == [("R1", 1)]
    seen, cursor = [], None
    while True:
        page = await by(world, "territory", limit=1, **({"cursor": cursor} if cursor else {}))
        seen += [row["place"] for row in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == ["T1", "T2", "T9"]


async def test_a_late_invoice_changes_a_past_day_as_known_now_and_not_as_known_then(world: Any, rows: Any) -> None:
    number = "7300"
    await world.dealer(number, territory="T7")
    await world.bulk([rows.invoice(number, "G-1", "100.00", date(2026, 3, 1))])
    then = await by(world, "region", as_of="2026-03-31")
    await world.bulk([rows.invoice(number, "G-2", "40.00", date(2026, 3, 2))])
    balances = [
        {row["place"]: row["balance"] for row in (await by(world, "region", as_of=day, known_at=known))["items"]}["R3"]
        for day, known in (
            ("2026-03-31", then["known_at"]), ("2026-03-31", (await by(world, "region"))["known_at"]),
            ("2026-02-28", (await by(world, "region"))["known_at"]),
        )
    ]  # fmt: skip
    assert balances == ["100.00", "140.00", "0.00"]
