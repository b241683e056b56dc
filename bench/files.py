"""Files of invoices as an accounting system exports them, dealers that they name, and the profile that reads them."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from bench.stack import Bench
from bench.workload import FIRST_DAY, dealers
from eventlog.meta import Fact
from events import DealerOnboarded, command_id, encode, request_hash, uuid7

PROFILE = """
profile = "bench"
title = "Invoices of a benchmark"
kind = "invoices"
source = "ERP"
currency = "CNY"
dates = "%Y-%m-%d"

[columns]
number = "Invoice"
amount = "Amount"
issued_on = "Issued"
due_on = "Due"
settled_on = "Settled"

[terms]
method = "credit"
term_days = 30

[payment]
method = "transfer"

[dealer]
number = "Customer"
"""
HEADINGS = ("Customer", "Invoice", "Amount", "Issued", "Due", "Settled")
DEALERS = 40


def rows(count: int, seed: int = 1) -> Iterator[tuple[str, ...]]:
    """Invoices that were paid: each row becomes two documents."""
    chance = random.Random(seed)
    for number in range(count):
        issued = FIRST_DAY + timedelta(days=chance.randrange(500))
        due, settled = issued + timedelta(days=30), issued + timedelta(days=chance.randrange(5, 90))
        yield (
            f"C{chance.randrange(DEALERS)}", f"F{seed}-{number:08}", f"{chance.randrange(1000, 9_000_000) / 100:.2f}",
            str(issued), str(due), str(settled),
        )  # fmt: skip


def write_csv(path: Path, count: int, seed: int) -> None:
    """A CSV of so many rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(rows(count, seed))


def write_xlsx(path: Path, count: int, seed: int) -> None:
    """A workbook of one sheet of so many rows; amounts are numbers."""
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        for place, (customer, number, amount, *days) in enumerate(rows(count, seed), 1):
            sheet.write_row(place, 0, (customer, number, float(amount), *days))


async def onboard_all(registry: Bench) -> None:
    """Put the dealers that the files name into the registry's log and topic."""
    facts = [_onboarding(place, dealer) for place, dealer in enumerate(dealers(DEALERS))]
    await registry.log.record(facts)
    await registry.publish()


def _onboarding(place: int, dealer: str) -> Fact:
    event = DealerOnboarded.model_validate({
        "code": f"D{place:04}", "name": f"Dealer {place}", "territory": "T1", "branch": "B1", "region": "R1",
        "channel_level": "distributor", "cooperation": "dealer",
        "references": [{"source": "ERP", "number": f"C{place}"}], "terms": {"method": "credit", "term_days": 30},
        "forecast_monthly_sales": Decimal(100_000), "submitted_by": "a", "reviewed_by": "b", "approved_by": "c",
        "onboarded_on": date(2024, 1, 10),
    })  # fmt: skip
    id_, number = uuid7(), f"onboarding-{place}"
    document = encode(
        event, id=id_, subject=dealer, time=datetime.now(UTC), actor="bench", business_date=FIRST_DAY,
        correlation=number,
    )  # fmt: skip
    return Fact(f"{dealer}/file", command_id("bench", "onboarding", number), request_hash({"n": number}), id_, document)
