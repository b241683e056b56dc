"""Ageing: what a dealer owes by how long it is due, and what it paid too much, in columns that add up to its balance.

Source: domain.md 2.2: days = as-of − due date (or invoice date on request): ≤ 0 not due, then buckets by policy, by
default 1–30, 31–60, 61–90, 91–120, > 120. Unapplied credit is a negative column of its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

from rules.money import NOTHING, rounded, share
from rules.receivables import Item, Receivables

AgeBy: TypeAlias = Literal["due_date", "invoice_date"]
UNAPPLIED = "unapplied_credit"
DSO_DAYS = 90


class Column(NamedTuple):
    """One column of the ageing: `not_due`, `1-30`, …, `over-120`, `unapplied_credit`."""

    name: str
    amount: Decimal


def column_names(limits: Sequence[int]) -> list[str]:
    """Names for the upper limits in days (0, 30, 60, …), the open end included."""
    between = [f"{lower + 1}-{upper}" for lower, upper in pairwise(limits)]
    return ["not_due", *between, f"over-{limits[-1]}"]


def ageing(receivables: Receivables, limits: Sequence[int], by: AgeBy = "due_date") -> list[Column]:
    """The ageing columns; they add up to `receivables.balance`. `limits` are days, ascending, the first 0."""
    amounts = [NOTHING] * (len(limits) + 1)
    for item in receivables.open_items:
        amounts[bisect_left(limits, _days(item, receivables.as_of, by))] += item.open
    columns = [Column(name, amount) for name, amount in zip(column_names(limits), amounts, strict=True)]
    return [*columns, Column(UNAPPLIED, -receivables.unapplied)]


def _days(item: Item, as_of: date, by: AgeBy) -> int:
    return (as_of - (item.invoice.due_on if by == "due_date" else item.invoice.issued_on)).days


def overdue_beyond(receivables: Receivables, days: int) -> Decimal:
    """What is open of invoices more than `days` past due."""
    as_of = receivables.as_of
    return sum((i.open for i in receivables.open_items if (as_of - i.invoice.due_on).days > days), NOTHING)


def days_sales_outstanding(receivables: Receivables) -> Decimal | None:
    """DSO = closing balance ÷ invoiced in the last 90 days × 90, to one decimal; None where nothing was invoiced."""
    return sales_outstanding(receivables.balance, invoiced_of_late(receivables))


def invoiced_of_late(receivables: Receivables) -> Decimal:
    """What was invoiced in the last 90 days, the as-of date included."""
    as_of = receivables.as_of
    recent = (i.invoice.amount for i in receivables.items if (as_of - i.invoice.issued_on).days < DSO_DAYS)
    return sum(recent, NOTHING)


def sales_outstanding(balance: Decimal, invoiced: Decimal) -> Decimal | None:
    """The DSO of a balance and of what was invoiced in the last 90 days, whosever they are."""
    ratio = share(balance, invoiced)
    return None if ratio is None else rounded(ratio * DSO_DAYS, 1)
