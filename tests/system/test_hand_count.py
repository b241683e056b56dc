"""What an independent count of the raw invoices file gives comes out of the API to the cent, for dealers and company.

The count is plain Python over the file's own columns; nothing of ours has a part in it.
Definitions: domain.md 2.2, 2.3.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest
from installed import installed, territory
from test_real_data import DATA, INVOICES, NAMES, UK, bring

from dealerlog.client import AUDITOR, Api
from dealerlog.fleet import MEMBERS
from dealerlog.readmodel import opened
from dealerlog.standing import settled

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not INVOICES.exists(), reason=f"the invoices file is not at {DATA} (DEALERLOG_DATA)"),
]
DAYS = (date(2012, 6, 30), date(2012, 12, 31), date(2013, 3, 15), date(2013, 8, 1), date(2014, 12, 31))
CUSTOMERS = ("3993-QUNVJ", "6708-DPYTF", "1604-LIFKX", "8887-NCUZC", "0187-ERLSR", "9181-HEKGV")
BUCKETS = ((0, "not_due"), (30, "1-30"), (60, "31-60"), (90, "61-90"), (120, "91-120"), (10**6, "over-120"))


@pytest.fixture(scope="module")
def raw() -> list[dict[str, Any]]:
    """The file's rows."""
    with INVOICES.open(encoding="utf-8") as file:
        return [
            {"customer": row["customerID"], "amount": Decimal(row["InvoiceAmount"]), "issued": day(row["InvoiceDate"]),
             "due": day(row["DueDate"]), "settled": day(row["SettledDate"]), "disputed": row["Disputed"] == "Yes"}
            for row in csv.DictReader(file)
        ]  # fmt: skip


def day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


def counted(raw: list[dict[str, Any]], on: date) -> dict[str, Any]:
    """The figures at the end of a day: an invoice is open until the day before it was settled."""
    known = [row for row in raw if row["issued"] <= on]
    unpaid = [row for row in known if row["settled"] > on]
    balance = sum((row["amount"] for row in unpaid), Decimal(0))
    columns = {name: Decimal(0) for _, name in BUCKETS}
    for row in unpaid:
        columns[next(name for most, name in BUCKETS if (on - row["due"]).days <= most)] += row["amount"]
    recent = sum((row["amount"] for row in known if row["issued"] > on - timedelta(days=90)), Decimal(0))
    judged = [
        row for row in known
        if row["due"] <= on and (row["due"] > on.replace(year=on.year - 1) or row in unpaid)
        and not (row["disputed"] and row in unpaid)
    ]  # fmt: skip
    value = sum((row["amount"] for row in judged), Decimal(0))
    on_time = sum((row["amount"] for row in judged if row["settled"] <= min(row["due"], on)), Decimal(0))
    late = sum((row["amount"] * max(0, (min(row["settled"], on) - row["due"]).days) for row in judged), Decimal(0))
    return {
        "balance": balance,
        "open": len(unpaid),
        "columns": columns | {"unapplied_credit": Decimal(0)},
        "days_sales_outstanding": rate(balance * 90, recent, 1),
        "on_time_share": rate(on_time, value, 4),
        "average_days_late": rate(late, value, 1),
        "longest_overdue_days": max([0, *((on - row["due"]).days for row in unpaid)]),
    }


def rate(part: Decimal, whole: Decimal, places: int) -> Decimal | None:
    """A quotient rounded half up; nothing where there is nothing to divide by."""
    if whole <= 0:
        return None
    exact = Fraction(part) / Fraction(whole)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal(10) ** -places, ROUND_HALF_UP)


def said(view: dict[str, Any]) -> dict[str, Any]:
    """The same figures as the API gives them."""
    figure = {name: view[name] and Decimal(view[name]) for name in ("days_sales_outstanding", "on_time_share",
                                                                   "average_days_late")}  # fmt: skip
    return figure | {
        "balance": Decimal(view["balance"]),
        "open": len(view["open_items"]) if "open_items" in view else view["open_items_count"],
        "columns": {each["name"]: Decimal(each["amount"]) for each in view["ageing"]},
        "longest_overdue_days": view["longest_overdue_days"],
    }


@pytest.fixture(scope="module")
def answered() -> Iterator[dict[tuple[str, date], dict[str, Any]]]:
    """What the API answers for each customer and day; the customer "" is the company."""
    with installed("hand-count", names=NAMES, currency="GBP") as (_, fleet):
        yield asyncio.run(_asked(fleet))


async def _asked(fleet: Any) -> dict[tuple[str, date], dict[str, Any]]:
    found = {}
    async with Api(fleet) as api:
        await territory(api, code=UK.territory, region="UK")
        await bring(api, INVOICES, "invoices-2012-13")
        await settled(fleet, 300)
        async with opened(fleet, MEMBERS["credit-rating"]) as inside:
            schema = await inside.pool.fetchval("select schema from projection.generation")
            rows = await inside.pool.fetch(f"select number, dealer from {schema}.dealer_reference")
        dealers = {row["number"]: row["dealer"] for row in rows}
        for on in DAYS:
            as_of = on.isoformat()
            company = await api.get("credit-rating", "/receivables/figures", AUDITOR, by="company", as_of=as_of)
            found["", on] = company["items"][0]
            for customer in CUSTOMERS:
                path = f"/dealers/{dealers[customer]}/receivables"
                found[customer, on] = await api.get("credit-rating", path, AUDITOR, as_of=as_of)
    return found


@pytest.mark.parametrize("customer", ["", *CUSTOMERS])
def test_every_figure_is_that_of_the_hand_count(answered: Any, raw: list[dict[str, Any]], customer: str) -> None:
    rows = [row for row in raw if customer in ("", row["customer"])]
    assert rows, "the file names no such customer"
    for on in DAYS:
        assert said(answered[customer, on]) == counted(rows, on), on


def test_the_count_itself_is_that_of_the_files_description(raw: list[dict[str, Any]]) -> None:
    at_close = counted(raw, date(2012, 12, 31))
    assert (len(raw), at_close["open"], at_close["balance"]) == (2_466, 99, Decimal("5725.06"))
