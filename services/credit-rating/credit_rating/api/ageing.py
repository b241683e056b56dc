"""The ageing of every dealer in the caller's scope, page by page, with totals over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from credit_rating.api.figures import AgeColumn
from credit_rating.api.money import Money
from credit_rating.evidence import bounds, entries_of
from credit_rating.known_at import KnownAt, cut_known_at, token_of
from credit_rating.published_policies import in_force
from credit_rating.snapshot import SERVICE
from eventlog.position import cut_to_json
from events.fields import Day
from rules.ageing import AgeBy, Column
from rules.ageing_of_many import Asked
from rules.ageing_of_many import ageing_of_all as aged_ledgers
from rules.money import NOTHING
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.routing import Router

router = Router("receivables")
BY_CODE = Keyset("code", "dealer")

DEALERS = "select dealer, code, name from dealer where code is not null and {after} {order} limit {limit}"


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
        asked = Asked(bounds(cut, SERVICE), day, limits, by)
        aged = await aged_ledgers(conn.fetch, lambda these: entries_of(conn, these, cut), asked, shown)
    rows = [row | _row(aged.dealers.get(row["dealer"], ())) for row in dealers]
    listed = page.of(rows, BY_CODE, AgeingRow)
    return AgeingPage(
        items=listed.items,
        next=listed.next,
        as_of=day,
        known_at=token_of(cut),
        cut=cut_to_json(cut),
        currency=read.runtime.settings.currency,
        totals=AgeingRow.model_validate({"dealer": None, "code": None, "name": None, **_row(aged.total)}),
    )


def _row(columns: Sequence[Column]) -> dict[str, Any]:
    """Balance and columns; the columns add up to the balance."""
    return {
        "balance": sum((column.amount for column in columns), NOTHING),
        "columns": [column._asdict() for column in columns],
    }
