"""Credit limits: the one in force with how it was computed, all before it, and what is left of it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.limit_overrides import OverrideView
from credit_rating.api.money import Money
from credit_rating.domain.credit_check import exposure
from credit_rating.domain.credit_file import CREDIT_FILE
from credit_rating.domain.order import ORDERS
from credit_rating.projections.limit_override import IN_FORCE as OVERRIDE
from credit_rating.projections.review_step import CURRENT
from credit_rating.snapshot import company_snapshot
from credit_rating.standing import standing_in
from events.fields import Day
from service.context import Read
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Page
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("limits")
COLUMNS = """l.event as id, l.dealer, l.run, l.as_of, l."limit", l.m3, l.m12, l.season, l.term_days, l.coefficient,
    l.basis, l.recorded_at, l.sequence"""
OF_COMPLETED = f"from credit_limit l join {CURRENT} using (run) where l.dealer = $1"
IN_FORCE = f"select {COLUMNS} {OF_COMPLETED} and l.as_of <= $2 order by l.as_of desc, l.sequence desc limit 1"
ROWS = f"select {COLUMNS} {OF_COMPLETED}"


class LimitView(BaseModel):
    """A limit: min(m3, m12 × season) × term_days ÷ 30 × coefficient, rounded down; a new dealer's by forecast."""

    id: UUID
    dealer: UUID
    run: UUID
    as_of: date
    limit: Money
    m3: Money | None
    m12: Money | None
    season: Decimal
    term_days: int
    coefficient: Decimal
    basis: str
    recorded_at: datetime


LIMITS = Listing(
    ROWS,
    LimitView,
    key=("sequence",),
    sorts=("as_of", "limit", "recorded_at"),
    default="-as_of",
    filters={
        "as_of_from": at_least("as_of", Day),
        "as_of_to": at_most("as_of", Day),
        "basis": equals("basis"),
    },
)


class LimitInForce(LimitView):
    """The limit that counts on a day: `override` replaces `computed`, which is what the factors give."""

    computed: Money
    override: OverrideView | None


class ExposureView(BaseModel):
    """What is left of a limit.

    exposure = open invoices − unapplied credit + unmatured bills + released orders not yet invoiced.
    """

    dealer: UUID
    as_of: date
    grade: int | None
    limit: Money | None
    exposure: Money
    headroom: Money | None
    open_invoices: Money
    unapplied_credit: Money
    unmatured_bills: Money
    reserved: Money
    overdue: Money
    suspended: bool


@router.get("/dealers/{dealer}/limit", permission="limit.read", answers=LimitInForce)
async def limit_in_force(dealer: UUID, read: Read, as_of: Day | None = None) -> LimitInForce:
    """The limit in force on a day: of the latest completed run or review, or the override that the day falls into."""
    day = as_of or read.today
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(IN_FORCE, dealer, day)
        over = await conn.fetchrow(f"select * from {OVERRIDE}", dealer, day)
    if row is None:
        raise Problem("not-found", "The dealer has no limit yet: a rating run sets the first.")
    _, version = await read.runtime.log.state(CREDIT_FILE, str(dealer))
    read.etag(version)
    override = dict(over) | {"id": over["override"]} if over else None
    limit = over["limit"] if over else row["limit"]
    return LimitInForce.model_validate(dict(row) | {"limit": limit, "computed": row["limit"], "override": override})


@router.get("/dealers/{dealer}/limits", permission="limit.read", answers=Page[LimitView])
async def list_limits(dealer: UUID, read: Read, asked: Annotated[Asked, Depends(LIMITS.asked)]) -> Page[LimitView]:
    """Every limit of a dealer, the latest first."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    return asked.page(rows, LimitView)


@router.get("/dealers/{dealer}/exposure", permission="limit.read", answers=ExposureView, problems=("no-policy",))
async def exposure_now(dealer: UUID, read: Read) -> ExposureView:
    """What an order of today would be checked against."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    orders, _ = await read.runtime.log.state(ORDERS, str(dealer))
    async with company_snapshot(read.runtime.pool) as conn:
        standing = await standing_in(conn, dealer, read.today)
    exposed: Decimal = exposure(standing, orders.reserved)
    said: dict[str, Any] = standing.model_dump(include=set(ExposureView.model_fields))
    return ExposureView(
        **said,
        dealer=dealer,
        exposure=exposed,
        headroom=None if standing.limit is None else standing.limit - exposed,
        reserved=orders.reserved.on_credit + orders.reserved.prepaid,
    )
