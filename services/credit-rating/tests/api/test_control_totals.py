"""What a source hands in against what is here: equal, differing or not handed in, at any cut, openable."""

from __future__ import annotations

from datetime import date
from typing import Any

CREDIT: dict[str, str] = {"role": "credit_controller", "login": "he.fang"}
MAY, JUNE = date(2026, 5, 20), date(2026, 6, 1)


async def test_what_is_here_is_compared_with_what_its_source_says(world: Any, rows: Any) -> None:
    await world.dealer("9300")
    sent = [("A-01", "100.00", MAY), ("A-03", "50.50", MAY), ("A-04", "9.00", JUNE)]
    await world.bulk([rows.invoice("9300", name, amount, on) for name, amount, on in sent])
    await world.bulk([rows.payment("9300", "P-1", "100.00", JUNE)])
    before = await compared(world)
    assert {row["state"] for row in before["items"]} == {"not_handed_in"} and len(before["items"]) == 3

    invoices = {"kind": "invoice", "documents": 3, "amount": "160.50", "first_number": "A-01", "last_number": "A-03"}
    notes = {"kind": "credit_note", "documents": 1, "amount": "5.00"}
    said = await hand_in(world, "2026-05", invoices, notes)
    assert said.json() | {"position": None} == {"source": "ERP", "period": "2026-05", "changed": 2, "position": None}
    await hand_in(world, "2026-06", {"kind": "payment", "documents": 1, "amount": "100"}, **CREDIT)
    await world.follow()
    first = await compared(world)
    assert [brief(row) for row in first["items"]] == [
        ("2026-06-01", "payment", "equal", 0, "0.00", None),
        ("2026-06-01", "invoice", "not_handed_in", None, None, None),
        ("2026-05-01", "invoice", "differs", -1, "-10.00", 1),
        ("2026-05-01", "credit_note", "differs", -1, "-5.00", None),
    ]
    assert first["items"][0]["handed_in_by"] == "he.fang"
    assert (await compared(world, state="differs", sort="difference_amount"))["items"] == first["items"][2:]

    differing = first["items"][2]
    behind = await world.get(f"/completeness/documents?{differing['documents_query']}&known_at={first['known_at']}")
    assert [(row["number"], row["code"]) for row in behind.json()["items"]] == [("A-01", "D9300"), ("A-03", "D9300")]

    await world.bulk([rows.invoice("9300", "A-02", "10.00", MAY)])
    assert [brief(row) for row in (await compared(world, kind="invoice", state="equal"))["items"]] == [
        ("2026-05-01", "invoice", "equal", 0, "0.00", 0)
    ]
    await hand_in(world, "2026-05", invoices | {"documents": 4}, key="corrected")
    again = await hand_in(world, "2026-05", invoices | {"documents": 4}, key="corrected")
    assert again.json()["changed"] == 1, "a repeat gets the first answer"
    assert (await hand_in(world, "2026-05", invoices | {"documents": 4})).json()["changed"] == 0
    await world.follow()
    (corrected,) = (await compared(world, kind="invoice", state="differs"))["items"]
    assert (corrected["documents"], corrected["their_documents"]) == (3, 4), "what was said last counts"
    assert await compared(world, known_at=before["known_at"]) == before
    assert await compared(world, known_at=first["known_at"]) == first


async def test_who_reads_less_than_the_company_neither_compares_nor_hands_in(world: Any) -> None:
    assert (await world.get("/completeness/comparison", "regional_director", region="R1")).status_code == 403
    body = {"source": "ERP", "period": "2026-05", "totals": [{"kind": "invoice", "documents": 0, "amount": "0"}]}
    assert (await world.post("/control-totals", body, "region_clerk", region="R1")).status_code == 403
    assert (await world.post("/control-totals", body, "auditor")).status_code == 403
    twice = body | {"totals": body["totals"] * 2}
    refused = await world.post("/control-totals", twice)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:dealerlog:problem:kind-twice")


async def hand_in(world: Any, period: str, *totals: dict[str, Any], key: str = "", **who: str) -> Any:
    body = {"source": "ERP", "period": period, "totals": totals}
    said = await world.post("/control-totals", body, **({"role": "importer"} | who), key=key)
    assert said.status_code == 201, said.text
    return said


async def compared(world: Any, **query: str) -> Any:
    said = await world.get("/completeness/comparison", query=query)
    assert said.status_code == 200, said.text
    return said.json()


def brief(row: dict[str, Any]) -> tuple[Any, ...]:
    names = ("month", "kind", "state", "difference_documents", "difference_amount", "missing")
    return tuple(row[name] for name in names)
