"""A closed month takes late facts, marks them by their place in the log, and lists them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

MAY, JUNE = date(2026, 5, 12), date(2026, 6, 3)


async def step(world: Any, period: str, what: str, body: Any = None, *, role: str = "credit_controller") -> Any:
    etag = (await world.get(f"/periods/{period}")).headers["ETag"]
    answer = await world.post(f"/periods/{period}/{what}", body or {}, role, etag=etag)
    await world.follow()
    return answer


async def late(world: Any, period: str, **query: Any) -> list[tuple[str, str]]:
    items = (await world.get(f"/periods/{period}/late-facts", query=query)).json()["items"]
    return [(each["kind"], each["number"]) for each in items]


async def test_a_fact_of_a_closed_month_is_taken_marked_and_listed(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8101")
    await world.bulk([rows.invoice("8101", "I-1", "100.00", MAY)])
    assert (await world.get("/periods/2026-05")).json()["state"] == "open"
    closed = await step(world, "2026-05", "closing")
    assert (closed.status_code, closed.json()["state"]) == (201, "closed"), closed.text
    before = await world.log.last()
    await world.bulk([rows.invoice("8101", "I-LATE", "30.00", MAY), rows.invoice("8101", "I-JUNE", "40.00", JUNE)])
    ledger = (await world.get(f"/dealers/{dealer}/ledger")).json()["items"]
    assert {each["number"]: each["late"] for each in ledger} == {"I-1": False, "I-LATE": True, "I-JUNE": False}
    assert await late(world, "2026-05") == [("invoice", "I-LATE")]
    said = (await world.get("/periods/2026-05")).json()
    assert (said["state"], said["entries"], said["late"]) == ("closed", 2, 1)
    assert await late(world, "2026-05", known_at=json.dumps({"credit-rating": before})) == []
    assert (await world.get(f"/dealers/{dealer}/receivables", query={"as_of": "2026-05-31"})).json()["balance"] == (
        "130.00"
    )


async def test_taking_back_an_entry_of_a_closed_month_is_late_too(world: Any, rows: Any) -> None:
    dealer = await world.dealer("8102")
    await world.bulk([rows.invoice("8102", "I-8102", "100.00", date(2026, 4, 10))])
    await step(world, "2026-04", "closing")
    (entry,) = (await world.get(f"/dealers/{dealer}/ledger")).json()["items"]
    back = await world.post(
        f"/dealers/{dealer}/ledger/{entry['id']}/reversal", {"reason": "Twice."}, "credit_controller"
    )
    assert back.status_code == 201, back.text
    await world.follow()
    assert await late(world, "2026-04") == [("reversal", "I-8102")]


async def test_what_comes_while_a_month_is_open_again_is_not_late(world: Any, rows: Any) -> None:
    await world.dealer("8103")
    march = date(2026, 3, 9)
    await step(world, "2026-03", "closing")
    await world.bulk([rows.invoice("8103", "I-FIRST", "1.00", march)])
    opened = await step(world, "2026-03", "reopening", {"reason": "A batch was missing."})
    assert (opened.status_code, opened.json()["state"]) == (201, "open"), opened.text
    await world.bulk([rows.invoice("8103", "I-BETWEEN", "2.00", march)])
    await step(world, "2026-03", "closing")
    await world.bulk([rows.invoice("8103", "I-LAST", "3.00", march)])
    assert await late(world, "2026-03") == [("invoice", "I-FIRST"), ("invoice", "I-LAST")]
    listed = (await world.get("/periods")).json()["items"]
    assert [(each["period"], each["state"]) for each in listed] == [
        ("2026-05", "closed"), ("2026-04", "closed"), ("2026-03", "closed"),
    ]  # fmt: skip
    assert listed[0]["by"]


async def test_only_who_is_entitled_closes_a_month_that_is_over_and_read(world: Any) -> None:
    assert (await step(world, "2026-02", "closing", role="head_of_marketing")).status_code == 403
    assert (await world.post("/periods/2026-02/closing", {}, "credit_controller")).status_code == 428
    assert (await step(world, "2026-06", "closing")).status_code == 409, "the last day of June is today"
    etag = (await world.get("/periods/2026-01")).headers["ETag"]
    first = await world.post("/periods/2026-01/closing", {}, "credit_controller", etag=etag, key="close")
    again = await world.post("/periods/2026-01/closing", {}, "credit_controller", etag=etag, key="close")
    stale = await world.post("/periods/2026-01/closing", {}, "credit_controller", etag=etag)
    assert (first.status_code, again.json(), stale.status_code) == (201, first.json(), 412)
    for wrong in ("2026-13", "May", "1"):
        assert (await world.get(f"/periods/{wrong}")).status_code == 422


async def test_a_representative_sees_late_facts_of_the_own_territory_only(world: Any, rows: Any) -> None:
    dealers = {await world.dealer("8104", territory="T1"): "8104", await world.dealer("8105", territory="T2"): "8105"}
    day = date(2025, 12, 5)
    await step(world, "2025-12", "closing")
    await world.bulk([rows.invoice(number, f"I-{number}", "1.00", day) for number in dealers.values()])
    assert len(await late(world, "2025-12")) == 2
    own = await world.get("/periods/2025-12/late-facts", "sales_representative", territory="T1")
    assert [each["number"] for each in own.json()["items"]] == ["I-8104"]


async def test_late_facts_are_listed_as_they_came_also_within_one_call(world: Any, rows: Any) -> None:
    numbers = ["8150", "8151"]
    for number in numbers:
        await world.dealer(number)
    month = date(2025, 10, 5)
    assert (await step(world, "2025-10", "closing")).status_code == 201
    for part in range(2):
        await world.bulk([rows.invoice(numbers[part], f"L-{part}-{n}", "1.00", month) for n in range(12)])
    listed = (await world.get("/periods/2025-10/late-facts", query={"limit": 100})).json()["items"]
    assert len(listed) == 24
    came = [(each["recorded_at"], each["partition"], each["sequence"]) for each in listed]
    assert came == sorted(came)
    first = (await world.get("/periods/2025-10/late-facts", query={"limit": 5})).json()
    rest = (await world.get("/periods/2025-10/late-facts", query={"limit": 30, "cursor": first["next"]})).json()
    assert first["items"] + rest["items"] == listed
