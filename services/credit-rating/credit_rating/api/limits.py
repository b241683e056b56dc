"""Credit limits: the one in force with how it was computed, all before it, and what is left of it."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, BeforeValidator

from credit_rating.api.grades import NeededDiligence
from credit_rating.api.groups import NAME, GroupLimitView
from credit_rating.api.limit_overrides import OverrideView
from credit_rating.api.money import Money
from credit_rating.domain.credit_check import Reserved, Standing, exposure
from credit_rating.domain.credit_file import CREDIT_FILE
from credit_rating.domain.group_check import group_exposure
from credit_rating.domain.order import ORDERS
from credit_rating.group_standing import group_of
from credit_rating.projections.group_limit import IN_FORCE as GROUP_IN_FORCE
from credit_rating.projections.limit_override import IN_FORCE as OVERRIDE
from credit_rating.projections.review_step import CURRENT
from credit_rating.published_policies import PolicyAltered, named
from credit_rating.rederive_limit import rederive_limit
from credit_rating.snapshot import company_snapshot
from credit_rating.standing import standing_in
from events.fields import Day
from events.types.shapes import PolicyRef
from service.context import Read
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Page
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("limits")
COLUMNS = """l.event as id, l.dealer, l.run, l.as_of, l."limit", l.m3, l.m12, l.season, l.term_days, l.coefficient,
    l.basis, l.causes, l.diligence, l.recorded_at, l.sequence"""
OF_COMPLETED = f"from credit_limit l join {CURRENT} using (run) where l.dealer = $1"
ROWS = f"select {COLUMNS} {OF_COMPLETED}"
IN_FORCE = f"""
select {COLUMNS}, l.policy
from credit_limit l join {CURRENT} using (run) join grade g on g.dealer = l.dealer and g.run = l.run
where l.dealer = $1 and l.as_of <= $2 and g.as_of <= $2
order by g.as_of desc, g.sequence desc, l.as_of desc, l.sequence desc limit 1
"""
"""The latest limit of the grade that is in force on day $2."""

Causes = Annotated[
    list[str], BeforeValidator(lambda said: said if isinstance(said, list) else json.loads(said or "[]"))
]
"""A column of JSON, null where there are none."""


class LimitView(BaseModel):
    """A limit: min(m3, m12 × season) × term_days ÷ 30 × coefficient, rounded down; a new dealer's by forecast.

    `causes` says why it was computed anew between grades (month, policy, terms, diligence); none: it came with a grade.
    `diligence`: what it needed due diligence for, which may hold it below the `computed` of the formula.
    """

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
    causes: Causes = []
    diligence: NeededDiligence = None
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


class GroupShared(BaseModel):
    """The owner group of a dealer and the limit that its dealers share; null: they share none."""

    group: str
    name: str | None
    limit: GroupLimitView | None


class LimitInForce(LimitView):
    """The limit that counts on a day: `override` replaces `computed`, which is what the factors give.

    `rule` is that of the policy by which it was computed; of an owner group `group` names what its dealers share.
    """

    computed: Money
    override: OverrideView | None
    policy: PolicyRef
    rule: dict[str, Any]
    group: GroupShared | None


class LimitRederivationView(BaseModel):
    """A limit computed once more at its cut, under its policy; each difference with its path."""

    id: UUID
    dealer: UUID | None
    run: UUID
    equal: bool
    differences: list[dict[str, Any]]


class GroupHeadroom(BaseModel):
    """What is left of the limit that the dealers of an owner group share; null while the group has none."""

    group: str
    name: str | None
    limit: Money | None
    exposure: Money | None
    headroom: Money | None


class ExposureView(BaseModel):
    """What is left of a limit.

    exposure = open invoices − unapplied credit + unmatured bills + released orders not yet invoiced + consigned stock.
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
    consigned_stock: Money
    reserved: Money
    overdue: Money
    suspended: bool
    group: GroupHeadroom | None


@router.get("/dealers/{dealer}/limit", permission="limit.read", answers=LimitInForce, problems=("policy-altered",))
async def limit_in_force(dealer: UUID, read: Read, as_of: Day | None = None) -> LimitInForce:
    """The limit in force on a day: of the latest completed run or review, or the override that the day falls into."""
    day = as_of or read.today
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(IN_FORCE, dealer, day)
        over = await conn.fetchrow(f"select * from {OVERRIDE}", dealer, day)
        group = await _group_of(conn, dealer, day)
        if row is None:
            raise Problem("not-found", "The dealer has no limit yet: a rating run sets the first.")
        try:
            policy = await named(conn, PolicyRef.model_validate_json(row["policy"]))
        except PolicyAltered as error:
            raise Problem("policy-altered", str(error)) from error
        await read.shows(conn, CREDIT_FILE, str(dealer))
    override = dict(over) | {"id": over["override"]} if over else None
    limit = over["limit"] if over else row["limit"]
    said = {"limit": limit, "computed": row["limit"], "override": override, "policy": policy.reference, "group": group}
    rule = policy.policy.limit.model_dump(mode="json", by_alias=True)
    return LimitInForce.model_validate(dict(row) | said | {"rule": rule})


@router.get("/limits/{limit}/rederivation", permission="grade.rederive", answers=LimitRederivationView)
async def rederive_recomputed(limit: UUID, read: Read) -> LimitRederivationView:
    """Compute a limit that was computed anew once more from the facts within its cut and compare every byte."""
    done = await rederive_limit(read.runtime.log, limit)
    if done is None:
        raise Problem("not-found", "There is no such limit, or it came with a grade: rederive that.", retryable=True)
    found = [each._asdict() for each in done.differences]
    return LimitRederivationView(id=done.event, dealer=done.dealer, run=done.run, equal=done.equal, differences=found)


async def _group_of(conn: Any, dealer: UUID, day: date) -> dict[str, Any] | None:
    code = await group_of(conn, dealer)
    if not code:
        return None
    limit = await conn.fetchrow(GROUP_IN_FORCE, code, day)
    return {"group": code, "name": await conn.fetchval(NAME, code), "limit": limit and dict(limit)}


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
        standing = await standing_in(conn, dealer, read.today, orders.group)
        name = await conn.fetchval(NAME, orders.group)
    exposed: Decimal = exposure(standing, orders.reserved)
    said: dict[str, Any] = standing.model_dump(include=set(ExposureView.model_fields) - {"group"})
    return ExposureView(
        **said,
        dealer=dealer,
        exposure=exposed,
        headroom=None if standing.limit is None else standing.limit - exposed,
        reserved=orders.reserved.on_credit + orders.reserved.prepaid,
        group=_shared(standing, orders.reserved, name),
    )


def _shared(standing: Standing, reserved: Reserved, name: str | None) -> GroupHeadroom | None:
    group = standing.group
    if group is None:
        return None
    if group.limit is None:
        return GroupHeadroom(group=group.group, name=name, limit=None, exposure=None, headroom=None)
    exposed = group_exposure(group, standing, reserved)
    return GroupHeadroom(
        group=group.group, name=name, limit=group.limit, exposure=exposed, headroom=group.limit - exposed
    )
