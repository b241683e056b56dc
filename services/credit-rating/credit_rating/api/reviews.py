"""Credit reviews: the inbox, and one dealer's review with what its facts give and its steps."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.grades import IndicatorView, indicators_of
from credit_rating.api.money import Money
from credit_rating.api.review_steps import standing_of
from credit_rating.domain.credit_file import CREDIT_FILE, CreditFile
from credit_rating.domain.rating import NotRated
from credit_rating.domain.review import (
    proposal_of,
)
from credit_rating.reviewing import rated_now
from events import CreditGradeProposed, FallenIndicator, FiveCCap, IndicatorOverride, LimitDiligence
from events.decider import Refused
from events.types.shapes import PolicyRef
from service.context import Read
from service.listing import Asked, Listing, equals
from service.paging import Page
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("credit reviews")
ROWS = """
select d.dealer, d.code, d.name, coalesce(v.stage, 'none') as stage, c.review_due as due, v.opened_on, v.reason,
    v.escalated_on, v.proposal, v.previous_grade, v.grade, v.proposed_by, v.audited_by, v.said, c.watched_since,
    c.fallen, c.review_due < $1 as late, s.territory, s.branch, s.region
from credit_file c join dealer d using (dealer) join dealer_scope s using (dealer) left join review v using (dealer)
where c.review_due is not null
"""
FILE = """
select c.review_due as due, c.watched_since, c.fallen, v.opened_on, v.reason, v.escalated_on
from credit_file c left join review v using (dealer) where c.dealer = $1
"""
STEPS = """
select event, step, by, acting_for, said, grade, proposal, recorded_at from review_step where dealer = $1
order by sequence desc limit 50
"""


class ReviewRow(BaseModel):
    """A dealer's review in the inbox: `stage` none, open, proposed, audited, rejected or graded; old → new grade."""

    dealer: UUID
    code: str
    name: str
    stage: str
    due: date
    opened_on: date | None
    reason: str | None
    escalated_on: date | None
    proposal: UUID | None
    previous_grade: int | None
    grade: int | None
    proposed_by: str | None
    audited_by: str | None
    said: str | None
    watched_since: date | None
    fallen: list[FallenIndicator] = []


REVIEWS = Listing(
    ROWS,
    ReviewRow,
    key=("dealer",),
    sorts=("due", "code", "name", "stage", "opened_on", "escalated_on", "previous_grade", "grade", "watched_since"),
    nullable=("code", "name", "opened_on", "escalated_on", "previous_grade", "grade", "watched_since"),
    default="due",
    filters={
        "stage": equals("stage", Literal["none", "open", "proposed", "audited", "rejected", "graded"]),
        "watched": equals("(watched_since is not null)", bool),
        "escalated": equals("(escalated_on is not null)", bool),
        "late": equals("late", bool),
        "proposed_by": equals("proposed_by"),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)


class ProposalView(BaseModel):
    """A grade and limit: as the facts give them now, or as they were frozen when proposed.

    `diligence`: what the limit needed due diligence for, which may hold it down.
    """

    proposal: UUID | None
    as_of: date
    grade: int
    previous_grade: int | None
    rule: str
    indicators: list[IndicatorView]
    overrides: list[IndicatorOverride]
    limit: Money
    diligence: LimitDiligence | None
    cap: FiveCCap | None
    policy: PolicyRef
    cut: dict[str, dict[str, int]]
    proposed_by: str | None
    opinion: str


class StepView(BaseModel):
    """One step of a review: proposed, audited, approved, returned or rejected."""

    event: UUID
    step: str
    by: str
    acting_for: str | None
    said: str | None
    grade: int | None
    proposal: UUID
    recorded_at: datetime


class ReviewView(BaseModel):
    """A dealer's review: its stage, what is next, the proposal (or what facts give now), and its last 50 steps.

    `cannot_be_graded` says why nothing can be proposed yet, such as `survey-missing`.
    """

    dealer: UUID
    stage: str
    next_step: str | None
    due: date | None
    opened_on: date | None
    reason: str | None
    escalated_on: date | None
    grade: int | None
    watched_since: date | None
    fallen: list[FallenIndicator]
    proposed: ProposalView | None
    cannot_be_graded: str | None
    steps: list[StepView]


@router.get("/credit-reviews", permission="review.read", answers=Page[ReviewRow])
async def list_reviews(read: Read, asked: Annotated[Asked, Depends(REVIEWS.asked)]) -> Page[ReviewRow]:
    """The inbox: the credit files of the caller's scope, those due first first; `late`: due before today."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, read.today)
    return asked.page([_fallen(row) for row in rows], ReviewRow)


@router.get("/dealers/{dealer}/credit-review", permission="review.read", answers=ReviewView)
async def read_review(dealer: UUID, read: Read) -> ReviewView:
    """A dealer's review; its ETag is the version of the credit file, which each step names."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row, steps = await conn.fetchrow(FILE, dealer), await conn.fetch(STEPS, dealer)
        version = await read.shows(conn, CREDIT_FILE, str(dealer))
    file, _ = await read.runtime.log.state(CREDIT_FILE, str(dealer), up_to=version)
    proposed, why = await _proposed(read, dealer, file)
    about = _fallen(row) if row else {"due": None, "watched_since": None, "fallen": []}
    if file.review is None:
        about |= dict.fromkeys(("opened_on", "reason", "escalated_on"))
    return ReviewView.model_validate(
        dict.fromkeys(("opened_on", "reason", "escalated_on"))
        | about
        | standing_of(dealer, file)
        | {"proposed": proposed, "cannot_be_graded": why, "steps": [dict(each) for each in steps]}
    )


async def _proposed(read: Any, dealer: UUID, file: CreditFile) -> tuple[ProposalView | None, str | None]:
    """What was proposed; while nothing is, what the facts give now, or why they give nothing."""
    if file.review and file.review.proposal:
        return proposal_view(CreditGradeProposed.model_validate(file.review.proposal)), None
    try:
        rated = await rated_now(
            read.runtime, dealer, proposal=str(UUID(int=0)), today=read.today, by=read.caller.login,
            previous_grade=file.grade, previous_limit=file.limit_before,
        )  # fmt: skip
    except (Refused, Problem) as error:
        return None, error.code
    if isinstance(rated, NotRated):
        return None, rated.reason
    view = proposal_view(proposal_of(rated, by=read.caller.login))
    return view.model_copy(update={"proposal": None, "proposed_by": None}), None


def proposal_view(proposed: CreditGradeProposed) -> ProposalView:
    """A proposal as it is shown."""
    said = proposed.model_dump(mode="json")
    shown = said | {
        "indicators": indicators_of(said["indicators"], {}),
        "limit": proposed.limit.limit,
        "diligence": proposed.limit.diligence,
    }
    return ProposalView.model_validate(shown)


def _fallen(row: Any) -> dict[str, Any]:
    return dict(row) | {"fallen": json.loads(row["fallen"] or "[]")}
