"""Two times everywhere: as of a day, and known at a cut or a moment."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any


async def test_a_late_invoice_changes_march_known_now_and_never_march_known_then(world: Any, rows: Any) -> None:
    dealer = await world.dealer("5001")
    await world.bulk([rows.invoice("5001", "K-1", "100.00", date(2026, 3, 1))])
    path, march = f"/dealers/{dealer}/receivables", {"as_of": "2026-03-31"}
    then = (await world.get(path, query=march)).json()
    await asyncio.sleep(0.02)
    moment = datetime.now(UTC).isoformat()
    await world.bulk([rows.invoice("5001", "K-2", "40.00", date(2026, 3, 2))])
    now = (await world.get(path, query=march)).json()
    assert (then["balance"], now["balance"]) == ("100.00", "140.00")
    for known in (then["known_at"], json.dumps(then["cut"]), moment, moment.replace("+00:00", "Z")):
        again = (await world.get(path, query=march | {"known_at": known})).json()
        assert {**again, "cut": 0, "known_at": 0} == {**then, "cut": 0, "known_at": 0}, known
    listed = (await world.get("/receivables/ageing", query=march | {"known_at": then["known_at"]})).json()
    assert [r["balance"] for r in listed["items"] if r["dealer"] == dealer] == ["100.00"]


async def test_a_moment_to_come_and_what_is_no_time_are_refused(world: Any) -> None:
    dealer = await world.dealer("5002")
    for known in ("2099-01-01T00:00:00Z", "2026-03-31T00:00:00", "yesterday", '{"credit-rating": 3}'):
        answer = await world.get(f"/dealers/{dealer}/receivables", query={"known_at": known})
        assert answer.status_code == 422, known


async def test_what_is_no_cut_is_refused_at_once_and_told_what_one_looks_like(world: Any) -> None:
    dealer = await world.dealer("5004")
    for known in (
        '{"credit-rating": {"20000000": 0}}', '{"credit-rating": {"-5": 3}}', '{"credit-rating": {"99": 0}}',
        '{"credit-rating": {"0": 3.7}}', '{"credit-rating": {"0": true}}', '{"credit-rating": {"0": Infinity}}',
        '{"sales": {"0": 1}}', '{"a":' * 700,
    ):  # fmt: skip
        answer = await world.get(f"/dealers/{dealer}/ledger", query={"known_at": known})
        assert answer.status_code == 422 and "a cut looks like" in answer.json()["detail"], known


async def test_a_moment_beyond_what_a_calendar_holds_is_refused(world: Any) -> None:
    dealer = await world.dealer("5005")
    for known in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        answer = await world.get(f"/dealers/{dealer}/ledger", query={"known_at": known})
        assert answer.status_code == 422, (known, answer.text)


async def test_a_cut_that_is_not_shown_yet_says_how_far_behind_it_is(world: Any) -> None:
    dealer = await world.dealer("5003")
    world.runtime.settings = world.runtime.settings.model_copy(update={"wait_seconds": 0.05})
    answer = await world.get(f"/dealers/{dealer}/receivables", query={"known_at": '{"credit-rating": {"3": 99999}}'})
    world.runtime.settings = world.runtime.settings.model_copy(update={"wait_seconds": 5.0})
    assert answer.status_code == 504 and answer.json()["lag_events"] > 90000


async def test_the_ageing_of_all_adds_up_page_by_page(world: Any, rows: Any) -> None:
    for n in range(7):
        await world.dealer(f"51{n:02}")
        days = [date(2026, month, 1) for month in (1, 2, 3, 4, 5, 6)]
        await world.bulk([rows.invoice(f"51{n:02}", f"A{n}-{day}", f"{n + 1}00.50", day) for day in days])
        await world.bulk([rows.payment(f"51{n:02}", f"AP{n}", "5000.00", date(2026, 6, 1))] if n == 6 else [])
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {"limit": 3, "as_of": "2026-06-30", "known_at": seen[0]["known_at"] if seen else None, "cursor": cursor}
        page = (await world.get("/receivables/ageing", query={k: v for k, v in query.items() if v})).json()
        if not seen:  # from here on the same cut, whose first page is asked again
            seen.append(page)
            continue
        seen.append(page)
        cursor = page["next"]
        if cursor is None:
            break
    pages, totals = seen[1:], seen[1]["totals"]
    rows_ = [row for page in pages for row in page["items"]]
    assert len({row["dealer"] for row in rows_}) == len(rows_) >= 7
    for row in [*rows_, totals]:
        assert sum(Decimal(column["amount"]) for column in row["columns"]) == Decimal(row["balance"])
    for place, column in enumerate(totals["columns"]):
        assert Decimal(column["amount"]) == sum(Decimal(row["columns"][place]["amount"]) for row in rows_)
    assert any(Decimal(row["columns"][-1]["amount"]) < 0 for row in rows_), "unapplied credit is a column of its own"


async def test_every_entry_of_a_ledger_is_listed_as_it_was_known(world: Any, rows: Any) -> None:
    dealer = await world.dealer("5201")
    await world.bulk([rows.invoice("5201", "L-1", "100.00", date(2026, 3, 1))])
    then = (await world.get(f"/dealers/{dealer}/receivables")).json()["known_at"]
    await world.bulk([rows.payment("5201", "LP-1", "60.00", date(2026, 3, 9), "L-1")])
    path = f"/dealers/{dealer}/ledger"
    now = (await world.get(path, query={"limit": 1})).json()
    rest = (await world.get(path, query={"limit": 1, "cursor": now["next"]})).json()
    assert [each["number"] for each in now["items"] + rest["items"]] == ["L-1", "LP-1"] and rest["next"] is None
    assert rest["items"][0]["allocations"] == [{"invoice": "L-1", "amount": None}]
    assert [each["number"] for each in (await world.get(path, query={"known_at": then})).json()["items"]] == ["L-1"]
    foreign = await world.get(path, "branch_manager", branch="B9")
    assert foreign.status_code == 404
