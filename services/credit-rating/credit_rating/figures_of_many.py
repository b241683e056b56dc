"""The figures of many dealers' receivables, place by place: ledgers are read slice by slice and worked out in a thread.

A slice is a moment of its own, so that no transaction stays open while thousands of ledgers are worked through; they
belong together by the cut, since facts rows within a cut never change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from credit_rating.domain.figures import FigureRules, Figures, figures, nothing, together
from credit_rating.domain.figures_of_usual import FiguresOfUsual
from credit_rating.evidence import entries_of
from credit_rating.usual_ledgers import Columns, columns_of, measured
from eventlog.position import Cut
from rules.entries import LedgerEntry

Level: TypeAlias = Literal["territory", "branch", "region", "company"]
SLICE = 400
"""Dealers whose ledgers are in memory at once."""
DEALERS = """
select dealer, {place} as place from dealer_scope where {place} = any($1::text[]) and ($2::uuid is null or dealer > $2)
order by dealer limit $3
"""
PLACE: dict[Level, str] = {"territory": "territory", "branch": "branch", "region": "region", "company": "'company'"}


async def figures_of_places(
    snapshot: Callable[[], AbstractAsyncContextManager[Any]],
    level: Level,
    places: Iterable[str],
    at: tuple[date, Cut],
    rules: FigureRules,
) -> dict[str, Figures]:
    """The figures of all dealers of each place that the snapshot sees, at the end of a day, known at a cut.

    While one slice is worked out in a thread, the next is read.
    """
    found, as_of = {place: nothing(rules) for place in places}, at[0]
    query, named = DEALERS.format(place=PLACE[level]), list(found)
    slice_ = await _read(snapshot, query, (named, None, SLICE), at)
    while True:
        following = None
        if len(slice_.place_of) == SLICE:
            asked = (named, max(slice_.place_of), SLICE)
            following = asyncio.create_task(_read(snapshot, query, asked, at))
        try:
            sums, unusual = await asyncio.to_thread(_of_usual, slice_, rules)
            if unusual:
                async with snapshot() as conn:
                    ledgers = await entries_of(conn, list(unusual), at[1])
                sums += await asyncio.to_thread(_by_rule, unusual, ledgers, as_of, rules)
            for place, each in sums:
                found[place] = together(found[place], each)
            if following is None:
                return found
            slice_ = await following
        finally:
            if following is not None:
                following.cancel()


class _Slice(NamedTuple):
    """Dealers with their places, and their ledgers as columns."""

    place_of: Mapping[UUID, str]
    columns: Columns


async def _read(
    snapshot: Callable[[], AbstractAsyncContextManager[Any]], query: str, asked: tuple[Any, ...], at: tuple[date, Cut]
) -> _Slice:
    as_of, cut = at
    async with snapshot() as conn:
        place_of = {row["dealer"]: row["place"] for row in await conn.fetch(query, *asked)}
        return _Slice(place_of, await columns_of(conn, list(place_of), cut, as_of))


def _of_usual(slice_: _Slice, rules: FigureRules) -> tuple[list[tuple[str, Figures]], dict[UUID, str]]:
    """The figures of the usual ledgers, by place; and the dealers (→ place) that only the rule can measure."""
    sums: dict[str, FiguresOfUsual] = {}
    ledgers = measured(slice_.columns)
    for dealer, ledger in ledgers.usual.items():
        place = slice_.place_of[dealer]
        if place not in sums:
            sums[place] = FiguresOfUsual(slice_.columns.as_of, rules)
        sums[place].add(ledger)
    unusual = {dealer: slice_.place_of[dealer] for dealer in ledgers.unusual}
    return [(place, each.figures) for place, each in sums.items()], unusual


def _by_rule(
    place_of: Mapping[UUID, str], ledgers: Mapping[UUID, list[LedgerEntry]], as_of: date, rules: FigureRules
) -> list[tuple[str, Figures]]:
    return [(place, figures(ledgers.get(dealer, ()), as_of, rules)) for dealer, place in place_of.items()]
