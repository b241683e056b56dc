"""The inbox of unapplied cash: money of which something is left, over every dealer in scope, the oldest first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.domain.receivables import receivables
from credit_rating.domain.unapplied import Why, unapplied
from credit_rating.evidence import bounds, entries_of
from credit_rating.known_at import AsOfPage, KnownAt, as_of_page, cut_known_at
from credit_rating.snapshot import SERVICE
from eventlog.position import Cut
from events.fields import Day
from rules.ageing_of_many import Asked as AgeingAsked
from rules.ageing_of_many import ageing_of_these
from rules.entries import LedgerEntry
from service.context import Read
from service.listing import Asked, Listing, Word, computed, equals
from service.routing import Router

router = Router("receivables")
SLICE = 500
DEALERS = """
select d.dealer, d.code, d.name, s.territory, s.branch, s.region
from dealer d join dealer_scope s using (dealer) where d.code is not null
"""
COMPUTED = ("kind", "source", "why")
"""What no statement can filter by: the rule says what is left of which document."""


class UnappliedRow(BaseModel):
    """What is left of a payment, bill or credit note; `waiting` of it is for the invoices `waiting_for`, not known.

    `allocation`: where a POST lets it pay other invoices.
    """

    dealer: UUID
    code: str
    name: str
    on: date
    kind: str
    number: str
    source: str
    entry: UUID
    amount: Money
    why: Why
    waiting: Money
    waiting_for: list[str]
    allocation: str


UNAPPLIED = Listing(
    DEALERS,
    UnappliedRow,
    key=("entry",),
    sorts=("on", "amount", "waiting", "code", "kind", "number", "why"),
    default="on",
    filters={
        "kind": computed(Word),
        "source": computed(Word),
        "why": computed(Why),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)


@router.get("/receivables/unapplied", permission="receivables.read", answers=AsOfPage[UnappliedRow])
async def unapplied_cash(
    read: Read, asked: Annotated[Asked, Depends(UNAPPLIED.asked)], as_of: Day | None = None, known_at: KnownAt = None
) -> AsOfPage[UnappliedRow]:
    """Money that pays no invoice yet, the oldest first: the ageing's SQL finds whose it is, the rule what it is."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        every = await asked.every(conn)
    wanted, found = {name: asked.filters[name] for name in COMPUTED if name in asked.filters}, []
    for first in range(0, len(every), SLICE):
        dealers = {row["dealer"]: row for row in every[first : first + SLICE]}
        async with read.snapshot() as conn:
            ledgers = await _with_some_left(conn, list(dealers), day, cut)
        rows = await asyncio.to_thread(_rows, dealers, ledgers, day)
        found += [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    return AsOfPage[UnappliedRow](**as_of_page(asked.page(asked.of_computed(found), UnappliedRow), read, day, cut))


async def _with_some_left(conn: Any, dealers: list[UUID], day: date, cut: Cut) -> Mapping[UUID, list[LedgerEntry]]:
    """The ledgers of those of these dealers that have unapplied credit."""
    asked = AgeingAsked(bounds(cut, SERVICE), day, (0,))
    aged = await ageing_of_these(conn.fetch, lambda these: entries_of(conn, these, cut), asked, dealers)
    these = [dealer for dealer, amounts in aged.amounts.items() if amounts[-1] < 0]
    return await entries_of(conn, these, cut) if these else {}


def _rows(dealers: Mapping[UUID, Any], ledgers: Mapping[UUID, list[LedgerEntry]], day: date) -> list[dict[str, Any]]:
    return [
        {
            **dealers[dealer],
            **left._asdict(),
            "entry": UUID(left.entry),
            "why": left.why,
            "allocation": f"/dealers/{dealer}/ledger/{left.entry}/allocation",
        }
        for dealer, entries in ledgers.items()
        for left in unapplied(receivables(entries, day))
    ]
