"""The ageing of every dealer in the caller's scope, page by page, with totals over all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.api.receivables import AgeColumn
from credit_rating.evidence import ENTRY, bounds, by_dealer, within
from credit_rating.known_at import KnownAt, cut_known_at, token_of
from credit_rating.published_policies import in_force
from credit_rating.snapshot import SERVICE
from eventlog.position import Cut, cut_to_json
from events.fields import Day
from rules.ageing import AgeBy, ageing
from rules.entries import LedgerEntry
from rules.receivables import receivables
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.routing import Router

router = Router("receivables")
BY_CODE = Keyset("code", "dealer")
PART_ROWS = 5000

DEALERS = "select dealer, code, name from dealer where code is not null and {after} {order} limit {limit}"
EVERY_ENTRY = f"{ENTRY} where {within(1)} order by dealer, sequence"


class AgeingRow(BaseModel):
    """The ageing of one dealer, or of all in scope (`dealer` null)."""

    dealer: UUID | None
    code: str | None
    name: str | None
    balance: Money
    columns: list[AgeColumn]


class AgeingPage(Page[AgeingRow]):
    """A page of dealers, and the totals over all of them in the caller's scope, not only those of the page."""

    as_of: date
    known_at: str
    cut: dict[str, dict[str, int]]
    currency: str
    totals: AgeingRow


@router.get("/receivables/ageing", permission="receivables.read", answers=AgeingPage)
async def ageing_of_all(
    read: Read,
    page: PageOf,
    as_of: Day | None = None,
    known_at: KnownAt = None,
    by: AgeBy = "due_date",
) -> AgeingPage:
    """The ageing of every dealer in scope, by code, with totals over all of them."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    query = DEALERS.format(after=BY_CODE.after(page, 1), order=BY_CODE.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        limits = (await in_force(conn, day)).policy.ageing.limits
        dealers = [dict(row) for row in await conn.fetch(query, *BY_CODE.values(page))]
        shown = [row["dealer"] for row in dealers[: page.limit]]
        totals = _Totals(day, limits, by, shown)
        async for part in _parts(conn, cut):
            await asyncio.to_thread(totals.add, part)
    rows = [row | totals.of(row["dealer"]) for row in dealers]
    listed = page.of(rows, BY_CODE, AgeingRow)
    return AgeingPage(
        items=listed.items,
        next=listed.next,
        as_of=day,
        known_at=token_of(cut),
        cut=cut_to_json(cut),
        currency=read.runtime.settings.currency,
        totals=AgeingRow.model_validate({"dealer": None, "code": None, "name": None, **totals.all}),
    )


class _Totals:
    """Sums the ageing of every dealer and keeps the rows of those shown; memory does not grow with dealers."""

    def __init__(self, as_of: date, limits: Sequence[int], by: AgeBy, shown: Sequence[UUID]) -> None:
        self._as_of, self._limits, self._by, self._shown = as_of, limits, by, frozenset(shown)
        self._rows: dict[UUID, dict[str, Any]] = {}
        self.all = self._row([])

    def add(self, ledgers: dict[UUID, list[LedgerEntry]]) -> None:
        for dealer, entries in ledgers.items():
            row = self._row(entries)
            self.all["balance"] += row["balance"]
            for total, column in zip(self.all["columns"], row["columns"], strict=True):
                total["amount"] += column["amount"]
            if dealer in self._shown:
                self._rows[dealer] = row

    def of(self, dealer: UUID) -> dict[str, Any]:
        return self._rows.get(dealer) or self._row([])

    def _row(self, entries: Sequence[LedgerEntry]) -> dict[str, Any]:
        owed = receivables(entries, self._as_of)
        columns = [column._asdict() for column in ageing(owed, self._limits, self._by)]
        return {"balance": owed.balance, "columns": columns}


async def _parts(conn: Any, cut: Cut) -> AsyncIterator[dict[UUID, list[LedgerEntry]]]:
    """Every ledger in scope within the cut, whole dealers at a time."""
    rows: list[Any] = []
    async for row in conn.cursor(EVERY_ENTRY, bounds(cut, SERVICE), prefetch=PART_ROWS):
        if len(rows) >= PART_ROWS and row["dealer"] != rows[-1]["dealer"]:
            yield by_dealer(rows)
            rows = []
        rows.append(row)
    yield by_dealer(rows)
