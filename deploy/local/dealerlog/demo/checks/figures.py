"""The figures of an import, read back: what tiering's facts sum to, what credit rating says is open on a day."""

from __future__ import annotations

import asyncio
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from dealerlog.client import AUDITOR, Api
from dealerlog.fleet import MEMBERS, Fleet
from dealerlog.readmodel import opened

OPEN_AT = date(2012, 12, 31)
SALES = """
select count(*) filter (where kind = 'sale') as sales,
    coalesce(sum(amount) filter (where kind = 'sale'), 0) as sales_amount,
    count(*) filter (where kind = 'return') as returns,
    coalesce(-sum(amount) filter (where kind = 'return'), 0) as returns_amount,
    count(distinct dealer) as customers
from {schema}.sale_line
"""
INVOICES = """
select count(*) filter (where kind = 'invoice') as invoices, count(distinct dealer) as customers,
    count(*) filter (where kind = 'dispute') as disputed, array_agg(distinct dealer) as dealers
from {schema}.ledger_entry
"""
SCHEMA = "select schema from projection.generation"


class Sales(NamedTuple):
    """Lines, exact amounts and customers; None where nothing was counted independently."""

    sales: int
    sales_amount: Decimal | None
    returns: int
    returns_amount: Decimal | None
    customers: int

    def meets(self, wanted: Sales) -> bool:
        """Whether every counted figure is met."""
        return all(expected is None or found == expected for found, expected in zip(self, wanted, strict=True))

    def __str__(self) -> str:
        return (
            f"{self.sales:,} sale lines of {self.sales_amount:,}, {self.returns:,} return lines of "
            f"{self.returns_amount:,}, {self.customers:,} customers"
        )


class Ledger(NamedTuple):
    """Invoices, customers, disputes, and what was open at the end of 2012."""

    invoices: int
    customers: int
    disputed: int
    open_invoices: int
    open_amount: Decimal

    def __str__(self) -> str:
        return (
            f"{self.invoices:,} invoices of {self.customers} customers, {self.disputed} disputed; "
            f"open at {OPEN_AT}: {self.open_invoices} of {self.open_amount:,}"
        )


async def sales(fleet: Fleet) -> Sales:
    """What tiering's sale lines come to."""
    async with opened(fleet, MEMBERS["tiering"]) as inside:
        row = await inside.pool.fetchrow(SALES.format(schema=await inside.pool.fetchval(SCHEMA)))
    return Sales(row["sales"], row["sales_amount"], row["returns"], row["returns_amount"], row["customers"])


async def ledger(fleet: Fleet) -> Ledger:
    """What credit rating's ledger comes to; what was open is asked of its API, dealer by dealer."""
    async with opened(fleet, MEMBERS["credit-rating"]) as inside:
        row = await inside.pool.fetchrow(INVOICES.format(schema=await inside.pool.fetchval(SCHEMA)))
    async with Api(fleet) as api:
        asked = (
            api.get("credit-rating", f"/dealers/{dealer}/receivables", AUDITOR, as_of=OPEN_AT.isoformat())
            for dealer in row["dealers"] or ()
        )
        items = [item for view in await asyncio.gather(*asked) for item in view["open_items"]]
    owed = sum((Decimal(item["open"]) for item in items), Decimal(0))
    return Ledger(row["invoices"], row["customers"], row["disputed"], len(items), owed)
