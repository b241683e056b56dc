"""Completeness: the log's own counts and sums by source, month and kind, and which document numbers are missing."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from credit_rating.recording import Recorder
from credit_rating.revisions import reversal_id
from events import LedgerEntryReversed


async def test_totals_and_gaps_are_those_of_the_documents_known_at_a_cut(world: Any, rows: Any) -> None:
    dealer, other = await world.dealer("9100"), await world.dealer("9200", territory="T2")
    may, june = date(2026, 5, 31), date(2026, 6, 1)
    sent = [("9100", "INV-0007", "100.00", may), ("9200", "INV-0008", "50.50", may), ("9100", "INV-0012", "9.00", june)]
    await world.bulk([rows.invoice(number, name, amount, on) for number, name, amount, on in sent])
    await world.bulk([rows.payment("9100", "P-1", "100.00", june), rows.payment("9200", "P-3", "1.00", june)])
    before = await totals(world)
    assert before["items"] == [
        total("2026-06-01", "payment", 2, "101.00"), total("2026-06-01", "invoice", 1, "9.00"),
        total("2026-05-01", "invoice", 2, "150.50"),
    ]  # fmt: skip
    assert (await totals(world, kind="invoice", month_to="2026-05-31"))["items"] == before["items"][2:]

    (entry,) = (await world.get(f"/dealers/{other}/ledger", query={"kind": "invoice"})).json()["items"]
    recorder = Recorder(log=world.log, actor="zhao.lei", business_date=rows.today, correlation="c")
    taken = LedgerEntryReversed(entry=entry["id"], kind="invoice", source="ERP", number="INV-0008", reason="Not ours.")
    await world.log.record([recorder.fact(UUID(other), reversal_id(UUID(entry["id"])), bytes(32), taken)])
    await world.bulk([rows.invoice("9100", "INV-0010", "1.00", june)])
    now = (await totals(world, kind="invoice"))["items"]
    assert now == [
        total("2026-06-01", "invoice", 2, "10.00"), total("2026-05-01", "invoice", 2, "150.50", 1, "50.50"),
    ]  # fmt: skip
    assert (await totals(world, known_at=before["known_at"]))["items"] == before["items"]

    asked = {"source": "ERP", "kind": "invoice"}
    missing = (await world.get("/completeness/missing-numbers", query=asked)).json()
    said = [(gap["first"], gap["last"], gap["missing"]) for gap in missing["first_gaps"]]
    assert said == [("INV-0009", "INV-0009", 1), ("INV-0011", "INV-0011", 1)]
    assert (missing["documents"], missing["gaps"], missing["missing"]) == (4, 2, 2)
    then = await world.get("/completeness/missing-numbers", query=asked | {"known_at": before["known_at"], "most": 1})
    assert [gap["last"] for gap in then.json()["first_gaps"]] == ["INV-0011"] and then.json()["missing"] == 3
    in_june = await world.get("/completeness/missing-numbers", query=asked | {"dated_from": "2026-06-01"})
    assert in_june.json()["first_gaps"][0]["first"] == "INV-0011"
    foreign = await world.get("/completeness", "regional_director", region="R1")
    assert foreign.status_code == 403, "totals of less than the company say nothing about the source"
    assert dealer != other


async def totals(world: Any, **query: str) -> Any:
    said = await world.get("/completeness", query=query)
    assert said.status_code == 200, said.text
    return said.json()


def total(month: str, kind: str, documents: int, amount: str, taken_back: int = 0, of: str = "0.00") -> dict[str, Any]:
    return {"source": "ERP", "month": month, "kind": kind, "documents": documents, "amount": amount,
            "taken_back": taken_back, "taken_back_amount": of}  # fmt: skip
