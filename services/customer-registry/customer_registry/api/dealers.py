"""Dealers as they stand: the list and one dealer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, BeforeValidator

from customer_registry.api.shapes import ReferenceView, decoded
from customer_registry.domain.dealer_code import read as read_code
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("dealers")
Sort = Literal["name", "code", "territory", "status", "forecast_monthly_sales", "onboarded_on", "visited_on"]
Status = Literal["submitted", "reviewed", "returned", "rejected", "onboarded", "suspended"]
CodeText = Annotated[str | None, Query(max_length=64)]
LIST = """
select * from (
    select dealer, dealer as id, coalesce(code, '') as code, name, status, status_on, territory, branch, region,
        channel_level, cooperation, supplier, county, country, "references", method, term_days,
        forecast_monthly_sales, coalesce(onboarded_on, '-infinity') as onboarded_on, surveyed_on,
        coalesce(visited_on, '-infinity') as visited_on, visits, owner_group
    from dealer
    where status is not null and not tombstone
        and ($1::text is null or territory = $1) and ($2::text is null or branch = $2)
        and ($3::text is null or region = $3) and ($4::text is null or status = $4)
        and ($5::text is null or channel_level = $5) and ($6::uuid is null or supplier = $6)
        and ($10::text is null or owner_group = $10)
        and ($7::text is null or name ilike '%' || $8 || '%' or code = $9
            or "references" @> jsonb_build_array(jsonb_build_object('number', $7::text)))
) as listed where {after} {order} limit {limit}
"""
ONE = "select *, dealer as id from dealer where dealer = $1"
SUPPLIED = "select count(*) from dealer where supplier = $1"

Day = Annotated[date | None, BeforeValidator(lambda day: None if day == date.min else day)]
"""A day, or null where the list's order has -infinity."""
Minted = Annotated[str | None, BeforeValidator(lambda code: code or None)]


class DealerRow(BaseModel):
    """A dealer in a list."""

    id: UUID
    code: Minted
    name: str
    status: str
    status_on: date
    territory: str
    branch: str
    region: str
    channel_level: str
    cooperation: str
    supplier: UUID | None
    county: str | None
    country: str | None
    references: list[ReferenceView]
    method: str
    term_days: int
    forecast_monthly_sales: Decimal
    onboarded_on: Day
    surveyed_on: date | None
    visited_on: Day
    visits: int
    owner_group: str | None


class DealerView(DealerRow):
    """One dealer, with who decided what, and how many dealers it supplies within the caller's scope."""

    status_reason: str | None
    submitted_by: str
    submitted_on: date
    waiver: str | None
    checklist: dict[str, int] | None
    reviewed_by: str | None
    approved_by: str | None
    card_revised_on: date | None
    supplies: int


@router.get("/dealers", permission="dealer.read", answers=Page[DealerRow])
async def list_dealers(
    read: Read,
    page: PageOf,
    territory: CodeText = None,
    branch: CodeText = None,
    region: CodeText = None,
    status: Status | None = None,
    channel_level: CodeText = None,
    supplier: UUID | None = None,
    owner_group: CodeText = None,
    q: Annotated[str | None, Query(max_length=200, description="part of a name, a code, or a source's number")] = None,
    sort: Sort = "name",
    descending: bool = False,
) -> Page[DealerRow]:
    """Dealers of the caller's scope, filtered and sorted."""
    order = Keyset(sort, "dealer", descending=descending)
    query = LIST.format(after=order.after(page, 11), order=order.order, limit=page.limit + 1)
    wanted: tuple[Any, ...] = (territory, branch, region, status, channel_level, supplier, q, *searched(q), owner_group)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, *wanted, *order.values(page))
    return page.of([decoded(row, "references") for row in rows], order, DealerRow)


def searched(q: str | None) -> tuple[str | None, str | None]:
    """What is looked for as part of a name (signs of LIKE stand for themselves) and as a dealer code."""
    if q is None:
        return None, None
    return q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"), read_code(q)


@router.get("/dealers/{dealer}", permission="dealer.read", answers=DealerView)
async def read_dealer(dealer: UUID, read: Read) -> DealerView:
    """One dealer, with its file's version as ETag."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(ONE, dealer)
        supplies = await conn.fetchval(SUPPLIED, dealer)
    read.etag(row["version"])
    return DealerView.model_validate(decoded(row, "references", "checklist") | {"supplies": supplies})
