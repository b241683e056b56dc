"""The ageing as a matrix: regions, their branches, territories, dealers, and at the end the invoices of one dealer.

Every level adds up to the row it was opened from: all come from the ledgers of the same dealers (domain.md 2.2).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import structs
from pydantic import BaseModel

from reporting.reading.dealer import AGEING_LIMITS, DEFAULT_LIMITS, money_of
from reporting.reading.ledger import entries_of
from reporting.reading.onboarded import Inside, Onboarded, onboarded
from reporting.reading.places import Places
from reporting.reading.plain import Figure
from reporting.reading.standpoint import Standpoint
from rules.ageing import UNAPPLIED, AgeBy, Column, ageing, column_names
from rules.ageing_of_many import Asked, ageing_of_these
from rules.money import NOTHING

Level = Literal["region", "branch", "territory", "dealer", "invoice"]
BELOW: dict[str, Level] = {"region": "branch", "branch": "territory", "territory": "dealer", "dealer": "invoice"}
"""Where a row of a level opens."""


class AgeingRow(BaseModel):
    """A place, a dealer or an invoice; `amounts` are by column of the matrix and add up to `balance`."""

    unit: str
    """Code of a place, id of a dealer, or the event of an invoice (empty: credit that pays nothing yet)."""
    code: str
    name: str
    dealers: int
    """Dealers whose ledger is not even."""
    amounts: list[Figure]
    balance: Figure


@dataclass(frozen=True, kw_only=True)
class AgeingQuestion:
    """What the matrix is asked; `limit` None: every row."""

    level: Level = "region"
    inside: Inside
    by: AgeBy = "due_date"
    sort: str = "code"
    descending: bool = False
    limit: int | None = None
    after: str = ""


@dataclass(frozen=True)
class AgeingMatrix:
    """One page of rows; `total` is the sum of these rows, `found` how many there are on all pages."""

    columns: list[str]
    rows: list[AgeingRow]
    total: AgeingRow
    found: int
    following: str | None = None


async def ageing_matrix(conn: Any, at: Standpoint, ask: AgeingQuestion, places: Places) -> AgeingMatrix:
    """The matrix as of a day, under the columns of the policy then in force; rows without any amount are left out."""
    said = await conn.fetchval(AGEING_LIMITS, *at.parameters)
    limits: Sequence[int] = json.loads(said) if said else DEFAULT_LIMITS
    names = [*column_names(limits), UNAPPLIED]
    if ask.level == "invoice":
        rows = await _invoices(conn, at, ask, limits) if ask.inside.dealer else []
    else:
        rows = await _units(conn, at, ask, limits, places)
    rows = [row for row in rows if any(row.amounts)]
    rows.sort(key=lambda row: (row.code, row.unit))
    rows.sort(key=lambda row: _key(row, ask.sort, names), reverse=ask.descending)
    start = next((n + 1 for n, row in enumerate(rows) if row.code == ask.after), 0) if ask.after else 0
    page = rows[start : None if ask.limit is None else start + ask.limit]
    more = start + len(page) < len(rows)
    return AgeingMatrix(names, page, total_of(page, len(names)), len(rows), page[-1].code if more else None)


async def _units(
    conn: Any, at: Standpoint, ask: AgeingQuestion, limits: Sequence[int], places: Places
) -> list[AgeingRow]:
    dealers = await onboarded(conn, at, ask.inside)
    asked = Asked(at.parameters[1], at.as_of, limits, ask.by)
    aged = await ageing_of_these(
        conn.fetch, lambda these: entries_of(conn, at, these), asked, [each.dealer for each in dealers]
    )
    rows: dict[str, AgeingRow] = {}
    for dealer in dealers:
        columns = _amounts(aged.dealers[dealer.dealer])
        unit, code, name = _unit(dealer, ask.level, places)
        row = rows.setdefault(unit, _row(unit, code, name, [NOTHING] * len(columns), dealers=0))
        summed = [mine + theirs for mine, theirs in zip(row.amounts, columns, strict=True)]
        rows[unit] = _row(unit, code, name, summed, dealers=row.dealers + any(columns))
    return list(rows.values())


def _unit(dealer: Onboarded, level: Level, places: Places) -> tuple[str, str, str]:
    match level:
        case "region" | "branch" | "territory":
            code = dealer.place(level)
            return code, code, places.name(level, code)
        case _:
            return str(dealer.dealer), dealer.code, dealer.name


async def _invoices(conn: Any, at: Standpoint, ask: AgeingQuestion, limits: Sequence[int]) -> list[AgeingRow]:
    """Every open invoice in its column, and in a row of its own the credit that pays none of them."""
    dealer: UUID | None = ask.inside.dealer
    assert dealer is not None
    money = await money_of(conn, at, dealer)
    owed, rows = money.receivables, []
    for item in owed.open_items:
        columns = ageing(structs.replace(owed, items=[item], unapplied=NOTHING), limits, ask.by)
        dated = f"{item.invoice.issued_on} → {item.invoice.due_on}"
        rows.append(_row(money.places[item.invoice.id], item.invoice.number, dated, _amounts(columns)))
    if owed.unapplied:
        rows.append(_row("", "", "", _amounts(ageing(structs.replace(owed, items=[]), limits))))
    return rows


def _amounts(columns: Iterable[Column]) -> list[Decimal]:
    return [column.amount for column in columns]


def _row(unit: str, code: str, name: str, amounts: list[Decimal], *, dealers: int = 1) -> AgeingRow:
    balance = sum(amounts, NOTHING)
    return AgeingRow(unit=unit, code=code, name=name, dealers=dealers, amounts=amounts, balance=balance)


def _key(row: AgeingRow, sort: str, names: Sequence[str]) -> str | Decimal:
    """What rows are sorted by: code, name, balance, or the amount of a column; of a column unknown here, nothing."""
    match sort:
        case "code":
            return row.code
        case "name":
            return row.name
        case "balance":
            return row.balance
        case _:
            return row.amounts[names.index(sort)] if sort in names else NOTHING


def total_of(rows: Sequence[AgeingRow], columns: int) -> AgeingRow:
    """The sums of what is shown."""
    amounts = [sum((row.amounts[place] for row in rows), NOTHING) for place in range(columns)]
    return _row("", "", "", amounts, dealers=sum(row.dealers for row in rows))
