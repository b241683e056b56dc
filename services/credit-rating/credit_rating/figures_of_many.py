"""The figures of many dealers' receivables, place by place: ledgers are read slice by slice and worked out in a thread.

A slice is a moment of its own, so that no transaction stays open while thousands of ledgers are worked through; they
belong together by the cut, since facts rows within a cut never change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import date
from typing import Any, Literal, TypeAlias
from uuid import UUID

from credit_rating.domain.figures import FigureRules, Figures, figures, nothing, together
from credit_rating.evidence import entries_of
from eventlog.position import Cut
from rules.entries import LedgerEntry

Level: TypeAlias = Literal["territory", "branch", "region", "company"]
SLICE = 200
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
    """The figures of all dealers of each place that the snapshot sees, at the end of a day, known at a cut."""
    as_of, cut = at
    found = {place: nothing(rules) for place in places}
    query, last = DEALERS.format(place=PLACE[level]), None
    while True:
        async with snapshot() as conn:
            rows = await conn.fetch(query, list(found), last, SLICE)
            ledgers = await entries_of(conn, [row["dealer"] for row in rows], cut)
        of_slice = await asyncio.to_thread(
            _by_place, {row["dealer"]: row["place"] for row in rows}, ledgers, as_of, rules
        )
        for place, sums in of_slice.items():
            found[place] = together(found[place], sums)
        if len(rows) < SLICE:
            return found
        last = rows[-1]["dealer"]


def _by_place(
    place_of: Mapping[UUID, str], ledgers: Mapping[UUID, list[LedgerEntry]], as_of: date, rules: FigureRules
) -> dict[str, Figures]:
    found: dict[str, Figures] = {}
    for dealer, place in place_of.items():
        found[place] = together(found.get(place, nothing(rules)), figures(ledgers.get(dealer, ()), as_of, rules))
    return found
