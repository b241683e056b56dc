"""The invoices file of 2012–13 against figures counted independently from the raw file (data/README.md)."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from credit_rating.domain.ageing import ageing
from credit_rating.domain.entries import Allocation, Invoice, LedgerEntry, Payment
from credit_rating.domain.payment_record import payment_record
from credit_rating.domain.receivables import receivables


def repository() -> Path:
    return next(each for each in Path(__file__).resolve().parents if (each / "services").is_dir())


FILE = repository().parent / "shared" / "data" / "invoices-2012-13.csv"
pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="the real invoices file (../shared/data) is not on this machine"
)
AFTER_ALL = date(2014, 12, 31)


def day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


@pytest.fixture(scope="module")
def ledgers() -> dict[str, list[LedgerEntry]]:
    """By customer, an invoice and the payment on its settled date."""
    found: dict[str, list[LedgerEntry]] = defaultdict(list)
    with FILE.open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            number, amount, source = row["invoiceNumber"], Decimal(row["InvoiceAmount"]), "file"
            issued, due = day(row["InvoiceDate"]), day(row["DueDate"])
            found[row["customerID"]] += [
                Invoice(id=f"i{number}", source=source, number=number, amount=amount, issued_on=issued, due_on=due,
                        method="credit", term_days=(due - issued).days),
                Payment(id=f"p{number}", source=source, number=number, amount=amount,
                        received_on=day(row["SettledDate"]), allocations=(Allocation(number),)),
            ]  # fmt: skip
    return found


def test_the_file_holds_2466_invoices_of_100_customers_on_terms_of_30_days(ledgers):
    invoices = [entry for entries in ledgers.values() for entry in entries if isinstance(entry, Invoice)]
    assert (len(ledgers), len(invoices), {i.term_days for i in invoices}) == (100, 2_466, {30})


def test_35_point_6_per_cent_of_the_invoices_were_settled_late(ledgers):
    items = [item for entries in ledgers.values() for item in receivables(entries, AFTER_ALL).items]
    late = [item for item in items if payment_record([item], AFTER_ALL).worst_days_late > 0]
    assert all(item.open == 0 for item in items)
    assert round(100 * len(late) / len(items), 1) == 35.6


def test_at_the_end_of_2012_99_invoices_were_open_with_5725_06(ledgers):
    owed = [receivables(entries, date(2012, 12, 31)) for entries in ledgers.values()]
    assert sum(len(each.open_items) for each in owed) == 99
    assert sum(each.open_invoices for each in owed) == Decimal("5725.06")
    assert sum(amount for each in owed for _, amount in ageing(each, (0, 30, 60, 90, 120))) == Decimal("5725.06")
