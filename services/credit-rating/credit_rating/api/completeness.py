"""What an auditor holds against the ERP's own lists: control totals by source, month and kind, and missing numbers."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.comparing import TOTALS
from credit_rating.domain.missing_numbers import Gap, gaps
from credit_rating.evidence import bounds, within
from credit_rating.known_at import KnownAt, KnownPage, cut_known_at, known_page, token_of
from credit_rating.snapshot import SERVICE
from eventlog.position import cut_to_json
from events.fields import Code, Day
from service.context import Read
from service.listing import Asked, Listing, at_least, at_most, equals
from service.routing import Router

router = Router("completeness")
NUMBERS = f"""
select number from ledger_entry
where origin = $2 and kind = $3 and dated between coalesce($4, dated) and coalesce($5, dated) and {within(1)}
"""


class TotalsRow(BaseModel):
    """The documents of one kind that a source system sent for a month of business dates; those taken back are in it."""

    source: str
    month: date
    kind: str
    documents: int
    amount: Money
    taken_back: int
    taken_back_amount: Money


class TotalsPage(KnownPage[TotalsRow]):
    """A page of control totals, known at a cut."""

    currency: str


class GapView(BaseModel):
    """Numbers that are not there, from the first to the last of them."""

    prefix: str
    first: str
    last: str
    missing: int


class MissingNumbers(BaseModel):
    """Gaps in the document numbers of one source and kind: the first of them, how many there are, and their sum."""

    source: str
    kind: str
    documents: int
    gaps: int
    missing: int
    first_gaps: list[GapView]
    known_at: str
    cut: dict[str, dict[str, int]]


LISTED = Listing(
    TOTALS,
    TotalsRow,
    key=("source", "month", "kind"),
    sorts=("month", "source", "kind", "documents", "amount"),
    default="-month",
    filters={
        "source": equals("source"),
        "kind": equals("kind"),
        "month_from": at_least("month", Day),
        "month_to": at_most("month", Day),
    },
)


@router.get("/completeness", permission="completeness.read", answers=TotalsPage)
async def control_totals(
    read: Read, asked: Annotated[Asked, Depends(LISTED.asked)], known_at: KnownAt = None
) -> TotalsPage:
    """Count and sum of the documents of the log by source, month and kind, to be held against the source's own."""
    cut = await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, bounds(cut, SERVICE))
    return TotalsPage(**known_page(asked.page(rows, TotalsRow), cut), currency=read.runtime.settings.currency)


@router.get("/completeness/missing-numbers", permission="completeness.read", answers=MissingNumbers)
async def missing_numbers(
    read: Read,
    source: Code,
    kind: Code,
    dated_from: Day | None = None,
    dated_to: Day | None = None,
    most: Annotated[int, Query(ge=1, le=1000, description="gaps to name")] = 200,
    known_at: KnownAt = None,
) -> MissingNumbers:
    """The gaps in what the document numbers of a source and kind count up, prefix by prefix."""
    cut = await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rows = await conn.fetch(NUMBERS, bounds(cut, SERVICE), source, kind, dated_from, dated_to)
    found = await asyncio.to_thread(_gaps, [row["number"] for row in rows])
    return MissingNumbers(
        source=source,
        kind=kind,
        documents=len(rows),
        gaps=len(found),
        missing=sum(gap.missing for gap in found),
        first_gaps=[GapView(**gap._asdict()) for gap in found[:most]],
        known_at=token_of(cut),
        cut=cut_to_json(cut),
    )


def _gaps(numbers: list[str]) -> list[Gap]:
    return list(gaps(numbers))
