"""The ageing of many dealers by two SQL statements over a service's table `ledger_entry`: the same as the rule gives.

The statements know everything but what only the rule can place (`ageing_unusual.sql`); such dealers are read whole and
go through `receivables`. `services/credit-rating/tests/test_ageing_of_many.py` holds both to the same cent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
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
MANY_NAMING = 1000
"""Where credits of more dealers than these name invoices, every ledger is read as if some of its did."""
NAMING = {
    False: ("n.dealer is not null", "left join unnest($5::uuid[]) as n (dealer) on n.dealer = e.dealer"),
    True: ("$5::uuid[] is not null", ""),
}


class Asked(NamedTuple):
    """`bounds`: the cut, as the last sequence of partition 0, 1, …; `limits`: days as for `ageing`."""

    bounds: list[int]
    as_of: date
    limits: Sequence[int]
    by: AgeBy = "due_date"


class Aged(NamedTuple):
    """Columns of the dealers that were to be listed, and of all together; they add up to the balances."""

    names: list[str]
    amounts: dict[UUID, list[Decimal]]
    """In the order of `names`: of many dealers, in a fraction of the time that columns with their names take."""
    sums: list[Decimal]

    @property
    def dealers(self) -> Mapping[UUID, list[Column]]:
        """Dealer → its columns, which are named when they are asked for."""
        return _Named(self)

    @property
    def total(self) -> list[Column]:
        """The columns of all."""
        return self._named(self.sums)

    def of(self, dealer: UUID) -> list[Column]:
        """The columns of one dealer."""
        return self._named(self.amounts[dealer])

    def _named(self, amounts: Iterable[Decimal]) -> list[Column]:
        return [Column(name, amount) for name, amount in zip(self.names, amounts, strict=True)]


class _Named(Mapping[UUID, list[Column]]):
    def __init__(self, aged: Aged) -> None:
        self._aged = aged

    def __getitem__(self, dealer: UUID) -> list[Column]:
        return self._aged.of(dealer)

    def __iter__(self) -> Iterator[UUID]:
        return iter(self._aged.amounts)

    def __len__(self) -> int:
        return len(self._aged.amounts)


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
    ledgers_read = EVERY if not only_listed else THESE
    found = await fetch(
        UNUSUAL.format(dealers=ledgers_read.format(parameter="$2")), asked.bounds, *(these if only_listed else ())
    )
    unusual = _unusual(found)
    naming, named = NAMING[len(unusual.naming) > MANY_NAMING]
    rows = await fetch(
        COLUMNS.format(dealers=ledgers_read.format(parameter="$10"), naming=naming, named=named), asked.bounds,
        asked.as_of, list(asked.limits), asked.by == "invoice_date", unusual.naming if named else [], unusual.unclear,
        [dealer for dealer, _ in unusual.reversed], [event for _, event in unusual.reversed], unusual.sharing, *these,
    )  # fmt: skip
    columns = _Columns(asked.limits, listed)
    for row in rows:
        if row["amounts"] is not None:
            columns.add(row["dealer"], row["buckets"], row["amounts"])
    asking_the_rule = [*unusual.unclear, *(row["dealer"] for row in rows if row["amounts"] is None and row["dealer"])]
    for start in range(0, len(asking_the_rule), WHOLE_LEDGERS):
        whole = await ledgers(asking_the_rule[start : start + WHOLE_LEDGERS])
        for dealer, aged in (await asyncio.to_thread(_by_rule, whole, asked)).items():
            columns.add_whole(dealer, aged)
    return columns.aged()


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

    def add(self, dealer: UUID | None, buckets: Sequence[int | None], amounts: Sequence[Decimal]) -> None:
        row = self._total if dealer is None else self._dealers[dealer]
        for bucket, amount in zip(buckets, amounts, strict=True):
            row[-1 if bucket is None else bucket] += amount

    def add_whole(self, dealer: UUID, columns: Sequence[Column]) -> None:
        for place, column in enumerate(columns):
            self._total[place] += column.amount
            if dealer in self._dealers:
                self._dealers[dealer][place] += column.amount

    def aged(self) -> Aged:
        return Aged(self._names, self._dealers, self._total)

    def _empty(self) -> list[Decimal]:
        return [NOTHING] * len(self._names)
