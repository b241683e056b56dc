"""The ageing of many dealers by two SQL statements over a service's table `ledger_entry`: the same as the rule gives.

The statements know everything but what only the rule can place (`ageing_unusual.sql`); such dealers are read whole and
go through `receivables`. `services/credit-rating/tests/test_ageing_of_many.py` holds both to the same cent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import UUID

from rules.ageing import UNAPPLIED, AgeBy, Column, ageing, column_names
from rules.entries import LedgerEntry
from rules.money import NOTHING
from rules.receivables import receivables

Fetch = Callable[..., Awaitable[Sequence[Any]]]
"""Runs a statement with its parameters and answers rows: `fetch` of a connection."""
Ledgers = Callable[[list[UUID]], Awaitable[dict[UUID, list[LedgerEntry]]]]
"""Reads the ledgers of these dealers whole, within the same cut."""

UNUSUAL, COLUMNS = (files("rules").joinpath(f"ageing_{name}.sql").read_text("utf-8") for name in ("unusual", "columns"))
EVERY, THESE = "true", "e.dealer = any({parameter}::uuid[])"
WHOLE_LEDGERS = 200
"""Dealers that are read whole at once."""
TWICE = -1


class Asked(NamedTuple):
    """`bounds`: the cut, as the last sequence of partition 0, 1, …; `limits`: days as for `ageing`."""

    bounds: list[int]
    as_of: date
    limits: Sequence[int]
    by: AgeBy = "due_date"


class Aged(NamedTuple):
    """Columns of the dealers that were to be listed, and of all together; they add up to the balances."""

    dealers: dict[UUID, list[Column]]
    total: list[Column]


class _Unusual(NamedTuple):
    naming: list[UUID]
    sharing: bool
    unclear: list[UUID]
    reversed: list[tuple[UUID, UUID]]


async def ageing_of_all(fetch: Fetch, ledgers: Ledgers, asked: Asked, listed: Sequence[UUID]) -> Aged:
    """The ageing of everything that `fetch` sees, and of the listed dealers each."""
    return await _aged(fetch, ledgers, asked, listed, only_listed=False)


async def ageing_of_these(fetch: Fetch, ledgers: Ledgers, asked: Asked, dealers: Sequence[UUID]) -> Aged:
    """The ageing of these dealers, each and together."""
    return await _aged(fetch, ledgers, asked, dealers, only_listed=True)


async def _aged(fetch: Fetch, ledgers: Ledgers, asked: Asked, listed: Sequence[UUID], *, only_listed: bool) -> Aged:
    these = (list(listed),)
    found = await fetch(_over(UNUSUAL, 2 if only_listed else None), asked.bounds, *(these if only_listed else ()))
    unusual = _unusual(found)
    rows = await fetch(
        _over(COLUMNS, 10 if only_listed else None), asked.bounds, asked.as_of, list(asked.limits),
        asked.by == "invoice_date", unusual.naming, unusual.unclear, [dealer for dealer, _ in unusual.reversed],
        [event for _, event in unusual.reversed], unusual.sharing, *these,
    )  # fmt: skip
    columns = _Columns(asked.limits, listed)
    for row in rows:
        if row["bucket"] != TWICE:
            columns.add(row["dealer"], row["bucket"], row["amount"])
    asking_the_rule = [*unusual.unclear, *(row["dealer"] for row in rows if row["bucket"] == TWICE)]
    for start in range(0, len(asking_the_rule), WHOLE_LEDGERS):
        whole = await ledgers(asking_the_rule[start : start + WHOLE_LEDGERS])
        for dealer, aged in (await asyncio.to_thread(_by_rule, whole, asked)).items():
            columns.add_whole(dealer, aged)
    return columns.aged()


def _over(statement: str, parameter: int | None) -> str:
    """The statement over every ledger, or over those of the dealers in this parameter."""
    return statement.format(dealers=EVERY if parameter is None else THESE.format(parameter=f"${parameter}"))


def _unusual(rows: Iterable[Any]) -> _Unusual:
    found = _Unusual([], any(row["sharing"] for row in rows), [], [])
    for row in rows:
        if row["unclear"]:
            found.unclear.append(row["dealer"])
        elif row["naming"]:
            found.naming.append(row["dealer"])
        found.reversed.extend((row["dealer"], event) for event in row["reversed"] or ())
    return found


def _by_rule(ledgers: dict[UUID, list[LedgerEntry]], asked: Asked) -> dict[UUID, list[Column]]:
    return {
        dealer: ageing(receivables(entries, asked.as_of), asked.limits, asked.by) for dealer, entries in ledgers.items()
    }


class _Columns:
    """Amounts gathered by dealer and column; bucket n is column n, none is the unapplied credit, the last one."""

    def __init__(self, limits: Sequence[int], listed: Iterable[UUID]) -> None:
        self._names = [*column_names(limits), UNAPPLIED]
        self._total = self._empty()
        self._dealers = {dealer: self._empty() for dealer in listed}

    def add(self, dealer: UUID | None, bucket: int | None, amount: Decimal) -> None:
        row = self._total if dealer is None else self._dealers[dealer]
        row[-1 if bucket is None else bucket] += amount

    def add_whole(self, dealer: UUID, columns: Sequence[Column]) -> None:
        for place, column in enumerate(columns):
            self._total[place] += column.amount
            if dealer in self._dealers:
                self._dealers[dealer][place] += column.amount

    def aged(self) -> Aged:
        return Aged({dealer: self._named(row) for dealer, row in self._dealers.items()}, self._named(self._total))

    def _named(self, row: list[Decimal]) -> list[Column]:
        return [Column(name, amount) for name, amount in zip(self._names, row, strict=True)]

    def _empty(self) -> list[Decimal]:
        return [NOTHING] * len(self._names)
