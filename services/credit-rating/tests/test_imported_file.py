"""The invoices file by HTTP: read, recorded, open at any date, taken back, and read again."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from credit_rating.imports import IMPORTS
from service.imports.working import ImportWorker
from service.testing import bearer

HEAD = ["countryCode", "customerID", "PaperlessDate", "invoiceNumber", "InvoiceDate", "DueDate", "InvoiceAmount",
        "Disputed", "SettledDate", "PaperlessBill", "DaysToSettle", "DaysLate"]  # fmt: skip
PROFILE = "invoices-2012-13"


def file_of(customers: list[str]) -> bytes:
    """Four invoices a customer, one disputed, all settled in January 2013 or before."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(HEAD)
    for customer in customers:
        for n in range(4):
            issued = date(2012, 11, 1) + timedelta(days=10 * n)
            settled, due = issued + timedelta(days=40), issued + timedelta(days=30)
            said = [f"{day.day}/{day.month}/{day.year}" for day in (issued, due, settled)]
            row = ["391", customer, "4/6/2013", f"{customer}{n}", said[0], said[1], "50.25", "Yes" if n == 1 else "No"]
            out.writerow([*row, said[2], "Paper", "40", "10"])
    return text.getvalue().encode()


@pytest.fixture(scope="module")
async def pounds(world: Any) -> Any:
    """The installation keeps its books in pounds."""
    world.runtime.settings = world.runtime.settings.model_copy(update={"currency": "GBP"})
    return world


async def send(world: Any, content: bytes, **query: Any) -> dict[str, Any]:
    headers = bearer("importer") | {"Idempotency-Key": uuid4().hex, "Content-Type": "application/octet-stream"}
    asked = {"name": "invoices.csv", "profile": PROFILE} | query
    begun = await world.client.post("/imports", params=asked, content=content, headers=headers)
    assert begun.status_code == 202, begun.text
    return await finished(world, begun.json()["id"])


async def finished(world: Any, import_id: str) -> dict[str, Any]:
    async with world.following():
        await ImportWorker(IMPORTS, world.runtime).work()
    await world.follow()
    found: dict[str, Any] = (await world.get(f"/imports/{import_id}", "importer")).json()
    return found


async def test_a_file_is_read_once_open_at_its_dates_taken_back_and_read_again(pounds: Any) -> None:
    known = ["0379-NEVHP", "8976-AMJEO"]
    references = {c: [{"source": "late-payment-histories", "number": c}] for c in known}
    dealers = [await pounds.dealer(f"70{n}", references=references[c]) for n, c in enumerate(known)]
    content = file_of([*known, "9999-NOONE"])

    tried = await send(pounds, content, dry_run="true")
    assert (tried["state"], tried["accepted"], tried["rejected"]) == ("previewed", 8, 4)
    first = await send(pounds, content)
    assert (first["state"], first["rows"], first["accepted"]) == ("completed", 12, 8)
    assert first["reasons"] == {"unknown-dealer": 4}
    again = await send(pounds, content)
    assert (again["accepted"], again["duplicates"]) == (0, 8)

    async def open_on(day: str) -> list[str]:
        said = [(await pounds.get(f"/dealers/{d}/receivables", query={"as_of": day})).json() for d in dealers]
        return [each["balance"] for each in said]

    assert await open_on("2012-12-31") == ["50.25", "50.25"]
    assert await open_on("2013-03-01") == ["0.00", "0.00"]
    (row,) = [r for r in (await pounds.get(f"/dealers/{dealers[0]}/ledger")).json()["items"] if r["kind"] == "dispute"]
    origin = (await pounds.get(f"/imports/{first['id']}/rows/{row['importrow']}", "importer")).json()
    assert {each["type"] for each in origin["events"]} == {
        "InvoiceIssued", "PaymentReceived", "InvoiceDisputed", "DisputeSettled",
    }  # fmt: skip

    undone = await pounds.post(f"/imports/{first['id']}/undo", {"reason": "Wrong file"})
    assert undone.status_code == 202, undone.text
    gone = await finished(pounds, first["id"])
    assert (gone["state"], gone["reversed"]) == ("undone", 20)
    assert await open_on("2012-12-31") == ["0.00", "0.00"]
    assert (await send(pounds, content))["accepted"] == 8
    assert await open_on("2012-12-31") == ["50.25", "50.25"]


async def test_a_file_of_receipts_brings_payments_bills_and_what_came_back(world: Any) -> None:
    dealer = await world.dealer("7100", references=[{"source": "ERP", "number": "C7100"}])
    content = "\n".join(
        [
            "收款单号,客户编号,金额,收款日期,结算方式,核销发票号,票据到期日,退票日期",
            "SK1,C7100,60.00,2026-02-01,电汇,I-1,,",
            "SK2,C7100,30.00,2026-02-03,支票,,,2026-02-06",
            "YC1,C7100,40.00,2026-03-01,银行承兑汇票,,2026-08-31,",
            "YC2,C7100,5.00,2026-03-01,商业承兑汇票,,,",
        ]
    ).encode()
    before, world.runtime.settings = (
        world.runtime.settings,
        world.runtime.settings.model_copy(update={"currency": "CNY"}),
    )
    try:
        first = await send(world, content, name="receipts.csv", profile="receipts-erp")
        again = await send(world, content, name="receipts.csv", profile="receipts-erp")
    finally:
        world.runtime.settings = before
    assert (first["accepted"], first["reasons"], again["duplicates"]) == (3, {"maturity-and-method": 1}, 3)
    said = (await world.get(f"/dealers/{dealer}/receivables")).json()
    assert (said["balance"], said["unmatured_bills"]) == ("-100.00", "40.00")
    ledger = (await world.get(f"/dealers/{dealer}/ledger")).json()["items"]
    assert sorted(each["kind"] for each in ledger) == ["bill", "bounce", "payment", "payment"]
    (row,) = {each["importrow"] for each in ledger if each["kind"] == "bounce"}
    origin = (await world.get(f"/imports/{first['id']}/rows/{row}", "importer")).json()
    assert [each["type"] for each in origin["events"]] == ["PaymentReceived", "PaymentBounced"]
