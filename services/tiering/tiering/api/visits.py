"""Visits due (通路精耕): the visit a dealer is owed next, and how plans were kept (domain.md 3.6)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from events.fields import Day
from service.context import Read, ReadContext
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope
from tiering.domain.policy import TieringPolicy
from tiering.domain.visits_due import Compliance, Plan, Standards, class_on, compliance, next_due, plans
from tiering.published_policies import policy_in_force
from tiering.standing import Served, served

router = Router("visits")
BY_CODE = Keyset("code", "dealer")
COLUMNS = "dealer, code, name, territory, branch, onboarded_on"
LIST = f"""
select {COLUMNS} from dealer
where onboarded_on <= $1 and ($2::text is null or territory = $2) and ($3::text is null or branch = $3)
    and {{after}} {{order}} limit {{limit}}
"""
ONE = f"select {COLUMNS} from dealer where dealer = $1 and onboarded_on <= $2"
ALL = f"select {COLUMNS} from dealer where onboarded_on <= $1 order by dealer"
CHUNK = 2_000
SHARE_PLACES = Decimal("0.0001")


class PlanView(BaseModel):
    """A visit due within a period, and the day it was made."""

    first: date
    last: date
    abc: str
    made_on: date | None


class DueRow(BaseModel):
    """The visit that a dealer is owed next, within [first, last]; `missed`: undone plans of periods that are over."""

    dealer: UUID
    code: str
    name: str
    territory: str
    branch: str
    service_class: str
    first: date
    last: date
    last_visited_on: date | None
    missed: int


class DueView(DueRow):
    """One dealer's next visit with every plan since its onboarding, the latest first."""

    as_of: date
    plans: list[PlanView]


class Kept(BaseModel):
    """Plans of periods that ended within the days asked for; `share` is null where nothing was planned."""

    territory: str | None
    planned: int
    fulfilled: int
    share: Decimal | None


class ComplianceView(BaseModel):
    """How visit plans were kept, by territory and in all, of dealers in the caller's scope."""

    as_of: date
    total: Kept
    territories: list[Kept]


@router.get("/dealers/{dealer}/visits-due", permission="visit.read", answers=DueView)
async def read_due(dealer: UUID, read: Read, as_of: Day | None = None) -> DueView:
    """A dealer's next visit and its plans, as of a day (today)."""
    day = as_of or read.today
    standards = await standards_on(read, day)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(ONE, dealer, day)
        if row is None:
            raise Problem("not-found", f"The dealer was not onboarded on {day}.")
        (one,) = await served(conn, [row], day)
    planned = plans_of(one, day, standards)
    shown = [
        PlanView(first=p.period.first, last=p.period.last, abc=p.abc, made_on=p.made_on) for p in reversed(planned)
    ]
    return DueView(**due_of(row, one, day, standards), as_of=day, plans=shown)


@router.get("/visits-due", permission="visit.read", answers=Page[DueRow])
async def list_due(
    read: Read,
    page: PageOf,
    as_of: Day | None = None,
    territory: Annotated[str | None, Query(max_length=64)] = None,
    branch: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[DueRow]:
    """The next visit of every dealer in the caller's scope, by dealer code."""
    day = as_of or read.today
    standards = await standards_on(read, day)
    query = LIST.format(after=BY_CODE.after(page, 4), order=BY_CODE.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, day, territory, branch, *BY_CODE.values(page))
        every = await served(conn, rows, day)
    due = [due_of(row, one, day, standards) for row, one in zip(rows, every, strict=True)]
    return page.of(due, BY_CODE, DueRow)


@router.get("/visit-compliance", permission="visit.read", answers=ComplianceView, problems=("window-reversed",))
async def read_compliance(
    read: Read,
    first: Annotated[Day, Query(alias="from")],
    last: Annotated[Day, Query(alias="to")],
    as_of: Day | None = None,
) -> ComplianceView:
    """Fulfilled ÷ planned of periods that ended within `from` and `to`, as of a day (today)."""
    if first > last:
        raise Problem("window-reversed", f"`to` is {last}, before `from`, {first}: swap the two days.")
    day = as_of or read.today
    standards = await standards_on(read, day)
    kept: defaultdict[str, list[Compliance]] = defaultdict(list)
    async with read.snapshot() as conn:
        rows = await conn.fetch(ALL, day)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            for row, one in zip(part, await served(conn, part, day), strict=True):
                kept[row["territory"]].append(
                    compliance(plans_of(one, day, standards), first=first, last=min(last, day))
                )
    territories = [kept_of(name, kept[name]) for name in sorted(kept)]
    return ComplianceView(
        as_of=day, total=kept_of(None, [each for some in kept.values() for each in some]), territories=territories
    )


async def standards_on(read: ReadContext, day: date) -> Standards:
    """What each class gets under the policy in force on a day."""
    return TieringPolicy.read((await policy_in_force(read.runtime.log, day)).content).service_standards


def plans_of(one: Served, day: date, standards: Standards) -> list[Plan]:
    """Every plan of a dealer at the end of a day, oldest first."""
    return plans(onboarded_on=one.onboarded_on, classes=one.classes, visits=one.visits, as_of=day, standards=standards)


def due_of(row: Any, one: Served, day: date, standards: Standards) -> dict[str, Any]:
    """The next visit of a dealer."""
    due = next_due(
        onboarded_on=one.onboarded_on, classes=one.classes, visits=one.visits, as_of=day, standards=standards
    )
    missed = sum(plan.made_on is None and plan.period.last < day for plan in plans_of(one, day, standards))
    return dict(row) | {
        "service_class": class_on(one.classes, day),
        "first": due.period.first,
        "last": due.period.last,
        "last_visited_on": max(one.visits, default=None),
        "missed": missed,
    }


def kept_of(territory: str | None, some: list[Compliance]) -> Kept:
    """The sum of several dealers' compliance."""
    total = Compliance(sum(each.planned for each in some), sum(each.fulfilled for each in some))
    return Kept(territory=territory, planned=total.planned, fulfilled=total.fulfilled, share=share_of(total.share))


def share_of(share: Fraction | None) -> Decimal | None:
    """A share to four places, half up."""
    if share is None:
        return None
    return Decimal(int(share / Fraction(SHARE_PLACES) + Fraction(1, 2))) * SHARE_PLACES
