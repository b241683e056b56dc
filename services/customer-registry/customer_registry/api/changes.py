"""The dealer change register (客户增减变动表): onboardings, suspensions and reinstatements (domain.md 1.1)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from events.fields import Day
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.routing import Router

router = Router("changes")
LATEST_FIRST = Keyset("changed_on", "dealer", "sequence", descending=True)
LIST = """
select * from (
    select c."on" as changed_on, c.dealer, c.sequence, c.event, c.kind, c.reason, c.submitted_by, c.reviewed_by,
        c.approved_by, d.code, d.name, d.branch
    from dealer_change c left join dealer d using (dealer)
    where ($1::date is null or c."on" >= $1) and ($2::date is null or c."on" <= $2)
) as register where {after} {order} limit {limit}
"""


class ChangeView(BaseModel):
    """A line of the register."""

    event: UUID
    changed_on: date
    kind: str
    dealer: UUID
    code: str | None
    name: str | None
    branch: str | None
    reason: str | None
    submitted_by: str | None
    reviewed_by: str | None
    approved_by: str | None


@router.get("/dealer-changes", permission="dealer.read", answers=Page[ChangeView])
async def list_changes(
    read: Read,
    page: PageOf,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> Page[ChangeView]:
    """Lines of the register, the latest first; `from` and `to` are both included."""
    query = LIST.format(after=LATEST_FIRST.after(page, 3), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, first, last, *LATEST_FIRST.values(page))
    return page.of(rows, LATEST_FIRST, ChangeView)
