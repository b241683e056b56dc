"""Credit grades: the one in force, all before it, why it is what it is, and the same decision taken again."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, BeforeValidator

from credit_rating.api.money import Money
from credit_rating.domain.indicators import INDICATORS
from credit_rating.projections.review_step import CURRENT
from credit_rating.published_policies import PolicyAltered, named
from credit_rating.rederive import rederive
from events import FiveCCap, LimitDiligence
from events.fields import Day
from events.types.shapes import PolicyRef
from service.context import Read
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Page
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("grades")
NeededDiligence = Annotated[
    LimitDiligence | None, BeforeValidator(lambda said: json.loads(said) if isinstance(said, str) else said)
]
"""A column of JSON, null where no due diligence was needed."""
GradeNumber = Annotated[int, Query(ge=1, le=5)]
COLUMNS = """g.event as id, g.dealer, g.run, g.as_of, g.grade, g.previous_grade, g.rule, g.approved_by, g.recorded_at,
    g.sequence"""
OF_COMPLETED = f"from grade g join {CURRENT} using (run) where g.dealer = $1"
IN_FORCE = f"select {COLUMNS} {OF_COMPLETED} and g.as_of <= $2 order by g.as_of desc, g.sequence desc limit 1"
ROWS = f"select {COLUMNS} {OF_COMPLETED}"
EVERY_IN_FORCE = f"""
select d.code, d.name, s.territory, s.branch, s.region, f.*
from (
    select distinct on (g.dealer) {COLUMNS}
    from grade g join {CURRENT} using (run) where g.as_of <= $1 order by g.dealer, g.as_of desc, g.sequence desc
) as f join dealer d using (dealer) join dealer_scope s using (dealer)
"""
WHOLE = f"""
select g.*, l."limit", l.m3, l.m12, l.season, l.term_days, l.coefficient, l.basis, l.diligence,
    r.run is not null as current
from grade g left join credit_limit l on l.dealer = g.dealer and l.run = g.run and l.causes is null
left join {CURRENT} on r.run = g.run
where g.event = $1
"""


class GradeView(BaseModel):
    """A grade 1–5 of a completed run; `rule` is the row and column of the policy's table that fired."""

    id: UUID
    dealer: UUID
    run: UUID
    as_of: date
    grade: int
    previous_grade: int | None
    rule: str
    approved_by: str
    recorded_at: datetime


class GradeRow(GradeView):
    """A grade in force with its dealer, in a list of all."""

    code: str | None
    name: str | None


OF_ONE = Listing(
    ROWS,
    GradeView,
    key=("sequence",),
    sorts=("as_of", "grade", "previous_grade", "rule"),
    nullable=("previous_grade",),
    default="-as_of",
    filters={
        "grade": equals("grade", GradeNumber),
        "as_of_from": at_least("as_of", Day),
        "as_of_to": at_most("as_of", Day),
    },
)
ALL = Listing(
    EVERY_IN_FORCE,
    GradeRow,
    key=("dealer",),
    sorts=("code", "name", "grade", "previous_grade", "as_of", "rule"),
    nullable=("code", "name", "previous_grade"),
    default="code",
    filters={
        "grade": equals("grade", GradeNumber),
        "rule": equals("rule"),
        "run": equals("run", UUID),
        "as_of_from": at_least("as_of", Day),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)


class IndicatorView(BaseModel):
    """One of the nine: its letter, its figure, what it was computed from, and the policy's thresholds for it."""

    name: str
    group: str
    grade: str
    value: str | None
    inputs: dict[str, Any]
    note: str | None
    thresholds: Any


class LimitFactors(BaseModel):
    """How the limit came out: min(m3, m12 × season) × term_days ÷ 30 × coefficient, rounded down.

    `diligence`: what it needed due diligence for, which may hold it below the `computed` of the formula.
    """

    limit: Money
    m3: Money | None
    m12: Money | None
    season: Decimal
    term_days: int
    coefficient: Decimal
    basis: str
    diligence: NeededDiligence = None


class ExplanationView(GradeView):
    """Everything that a grade rests on; `current` unless its run is not complete.

    `cap`: the 5C assessment that kept the grade from being what the indicators gave (`computed`).
    """

    current: bool
    cap: FiveCCap | None
    indicators: list[IndicatorView]
    table_row: dict[str, int]
    limit: LimitFactors | None
    survey: dict[str, Any] | None
    policy: PolicyRef
    cut: dict[str, dict[str, int]]


class DifferenceView(BaseModel):
    """One value that comes out otherwise."""

    path: str
    recorded: Any
    derived: Any


class RederivationView(BaseModel):
    """The decision taken again at its cut, under its policy."""

    id: UUID
    dealer: UUID
    run: UUID
    equal: bool
    differences: list[DifferenceView]


@router.get("/dealers/{dealer}/grade", permission="grade.read", answers=GradeView)
async def grade_in_force(dealer: UUID, read: Read, as_of: Day | None = None) -> GradeView:
    """The grade in force on a day, of the latest completed run."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(IN_FORCE, dealer, as_of or read.today)
    if row is None:
        raise Problem("not-found", "The dealer has no grade yet: a rating run gives the first.")
    return GradeView.model_validate(dict(row))


@router.get("/dealers/{dealer}/grades", permission="grade.read", answers=Page[GradeView])
async def list_grades(dealer: UUID, read: Read, asked: Annotated[Asked, Depends(OF_ONE.asked)]) -> Page[GradeView]:
    """Every grade of a dealer, the latest first."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    return asked.page(rows, GradeView)


@router.get("/grades", permission="grade.read", answers=Page[GradeRow])
async def list_grades_in_force(
    read: Read, asked: Annotated[Asked, Depends(ALL.asked)], on: Day | None = None
) -> Page[GradeRow]:
    """The grade in force on a day (today unless said) of every dealer in scope that has one, by dealer code."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, on or read.today)
    return asked.page(rows, GradeRow)


@router.get(
    "/grades/{grade}/explanation", permission="grade.read", answers=ExplanationView, problems=("policy-altered",)
)
async def explain_grade(grade: UUID, read: Read) -> ExplanationView:
    """Why a grade is what it is: rule, indicators with their inputs and thresholds, limit, policy, cut."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(WHOLE, grade)
        if row is None:
            raise Problem("not-found", "There is no such grade in your scope.", retryable=True)
        reference = PolicyRef.model_validate_json(row["policy"])
        try:
            policy = (await named(conn, reference)).policy
        except PolicyAltered as error:
            raise Problem("policy-altered", f"This grade rests on a policy that cannot be shown: {error}.") from error
    content = policy.model_dump(mode="json", by_alias=True)
    return ExplanationView.model_validate(
        dict(row)
        | {
            "id": row["event"],
            "indicators": indicators_of(json.loads(row["indicators"]), content["indicators"]),
            "table_row": content["grades"][row["rule"].partition("/")[0]],
            "limit": dict(row) if row["limit"] is not None else None,
            "survey": json.loads(row["survey"] or "null"),
            "cap": json.loads(row["cap"] or "null"),
            "policy": reference,
            "cut": json.loads(row["cut"]),
        }
    )


@router.get("/grades/{grade}/rederivation", permission="grade.rederive", answers=RederivationView)
async def rederive_grade(grade: UUID, read: Read) -> RederivationView:
    """Take the decision again from the facts within its cut and compare every byte."""
    done = await rederive(read.runtime.log, grade)
    if done is None:
        raise Problem("not-found", "There is no such grade.", retryable=True)
    found = [DifferenceView(**each._asdict()) for each in done.differences]
    return RederivationView(id=done.event, dealer=done.dealer, run=done.run, equal=done.equal, differences=found)


def indicators_of(said: dict[str, Any], rules: dict[str, Any]) -> list[dict[str, Any]]:
    """The nine in their order, each as it was said, with the policy's thresholds."""
    return [
        {"note": None, "value": None, **said[each.name]}
        | {"name": each.name, "group": each.group, "thresholds": rules.get(each.name)}
        for each in INDICATORS
        if each.name in said
    ]
