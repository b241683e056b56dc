"""Credit reviews: the inbox, one dealer's review with what its facts give, and its steps by three different people."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from credit_rating.api.grades import IndicatorView, indicators_of
from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.credit_file import CREDIT_FILE, CallReview, CreditFile
from credit_rating.domain.diligence import DILIGENCE
from credit_rating.domain.indicators import INDICATORS, Override
from credit_rating.domain.rating import NotRated
from credit_rating.domain.review import (
    NEXT_STEP,
    ApproveGrade,
    AuditGrade,
    ProposeGrade,
    RejectReview,
    ReturnGrade,
    Stage,
    proposal_of,
)
from credit_rating.reviewing import actor, rated_now, require_rated
from credit_rating.snapshot import company_snapshot
from events import CreditGradeProposed, FallenIndicator, FiveCCap, IndicatorOverride, LimitDiligence
from events.decider import Refused
from events.fields import Said, Text
from events.types.shapes import PolicyRef
from service.context import Read, Write, WriteContext
from service.listing import Asked, Listing, equals
from service.paging import Page
from service.permissions import BRANCH_GENERAL_MANAGER, REGIONAL_DIRECTOR
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("credit reviews")
ENTITLED: dict[Stage, str] = {"proposed": BRANCH_GENERAL_MANAGER, "audited": REGIONAL_DIRECTOR}
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
STEP: dict[str, Any] = {"edits": True, "status": 200, "problems": ("stage-wrong", "same-person", "not-entitled")}


class OverrideBody(Closed):
    """Another letter than the facts give, and why."""

    indicator: Literal[tuple(each.name for each in INDICATORS)]  # type: ignore[valid-type]
    grade: Literal["A", "B", "C"]
    reason: Said


class Propose(Closed):
    """What the branch sales manager says beside the facts; `overrides` only with their reasons."""

    overrides: Annotated[tuple[OverrideBody, ...], Field(max_length=9)] = ()
    opinion: Text = ""


class Opinion(Closed):
    """What there is to say."""

    opinion: Text = ""


class Reason(Closed):
    """Why."""

    reason: Said


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


class StandingView(BaseModel):
    """Where a review stands after a step; `grade` is the one in force, and `proposal` what was acted on."""

    dealer: UUID
    stage: str
    next_step: str | None
    proposal: UUID | None
    grade: int | None


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
        | _stage(dealer, file)
        | {"proposed": proposed, "cannot_be_graded": why, "steps": [dict(each) for each in steps]}
    )


@router.post("/dealers/{dealer}/credit-review", permission="review.open", answers=StandingView, edits=True, status=200,
             problems=("review-open",))  # fmt: skip
async def open_review(dealer: UUID, body: Reason, write: Write) -> Response:
    """Open a review before it is due, with a reason; its grade restarts the three months."""
    await _in_scope(write, dealer)
    written = await write.handle(CREDIT_FILE, str(dealer), CallReview(today=write.today, reason=body.reason))
    return _answer(write, dealer, written)


@router.post("/dealers/{dealer}/credit-review/proposal", permission="review.propose", answers=StandingView, edits=True,
             status=200, problems=("stage-wrong", "no-review"))  # fmt: skip
async def propose_grade(dealer: UUID, body: Propose, write: Write) -> Response:
    """Propose what the facts give now, overrides included; all that it rests on is frozen."""
    await _in_scope(write, dealer)
    proposal = str(write.command("proposal"))
    overrides = [Override(each.indicator, each.grade, each.reason) for each in body.overrides]

    async def gathered(file: CreditFile) -> ProposeGrade:
        rated = await rated_now(
            write.runtime, dealer, proposal=proposal, today=write.today, by=write.caller.login,
            previous_grade=file.grade, previous_limit=file.limit_before, overrides=overrides,
        )  # fmt: skip
        proposed = proposal_of(require_rated(rated), by=write.caller.login, opinion=body.opinion)
        return ProposeGrade(proposed=proposed)

    return _answer(write, dealer, await write.handle(CREDIT_FILE, str(dealer), None, prepare=gathered))


@router.post("/dealers/{dealer}/credit-review/audit", permission="review.act", answers=StandingView, **STEP)
async def audit_grade(dealer: UUID, body: Opinion, write: Write) -> Response:
    """Agree with a proposal: step two of three, the branch general manager's."""
    return await _step(write, dealer, AuditGrade, "proposed", opinion=body.opinion)


@router.post("/dealers/{dealer}/credit-review/approval", permission="review.act", answers=StandingView, edits=True,
             status=200, problems=(*STEP["problems"], "papers-suspicious"))  # fmt: skip
async def approve_grade(dealer: UUID, body: Opinion, write: Write) -> Response:
    """Approve an audited proposal: step three, the regional marketing director's. Its grade and limit are in force.

    Refused while a paper of the dealer is suspicious.
    """
    known, _ = await write.runtime.log.state(DILIGENCE, str(dealer))
    return await _step(write, dealer, ApproveGrade, "audited", opinion=body.opinion, suspicions=known.suspicions)


@router.post("/dealers/{dealer}/credit-review/return", permission="review.act", answers=StandingView, **STEP)
async def return_grade(dealer: UUID, body: Reason, write: Write) -> Response:
    """Send a proposal back with what has to change; whoever's step it is may."""
    return await _step(write, dealer, ReturnGrade, None, reason=body.reason)


@router.post("/dealers/{dealer}/credit-review/rejection", permission="review.act", answers=StandingView, **STEP)
async def reject_review(dealer: UUID, body: Reason, write: Write) -> Response:
    """End a review without a grade; whoever's step it is may."""
    return await _step(write, dealer, RejectReview, None, reason=body.reason)


async def _step(write: WriteContext, dealer: UUID, step: Any, at: Stage | None, **said: Any) -> Response:
    """A step of the caller's role, or of somebody's who delegated it; `at` None: whichever the review is at."""
    await _in_scope(write, dealer)

    async def by_whom(file: CreditFile) -> Any:
        stage = at or (file.review.stage if file.review else "proposed")
        if stage not in ENTITLED:
            raise Refused("stage-wrong", f"The review is {stage}: {NEXT_STEP[stage]}.", stage=stage)
        async with company_snapshot(write.runtime.pool) as conn:
            by = await actor(conn, write.caller, dealer, ENTITLED[stage], write.today)
        return step(by=by, **said)

    return _answer(write, dealer, await write.handle(CREDIT_FILE, str(dealer), None, prepare=by_whom))


async def _in_scope(write: WriteContext, dealer: UUID) -> None:
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)


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


def _stage(dealer: UUID, file: CreditFile) -> dict[str, Any]:
    stage = file.review.stage if file.review else None
    return {
        "dealer": dealer,
        "stage": stage or "none",
        "next_step": NEXT_STEP[stage] if stage else None,
        "grade": file.grade,
    }


def _answer(write: WriteContext, dealer: UUID, written: Any) -> Response:
    file: CreditFile = written.state
    proposal = (file.review.proposal.get("proposal") if file.review else file.run) or None
    view = StandingView.model_validate(_stage(dealer, file) | {"proposal": proposal})
    return write.answer(written, view)


def _fallen(row: Any) -> dict[str, Any]:
    return dict(row) | {"fallen": json.loads(row["fallen"] or "[]")}
