"""The steps of a credit review by three different people: opened, proposed, audited, approved, returned, rejected."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, Field

from credit_rating.closed import Closed
from credit_rating.domain.credit_file import CREDIT_FILE, CallReview, CreditFile
from credit_rating.domain.diligence import DILIGENCE
from credit_rating.domain.indicators import INDICATORS, Override
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
from events.decider import Refused
from events.fields import Said, Text
from service.context import Write, WriteContext
from service.permissions import BRANCH_GENERAL_MANAGER, REGIONAL_DIRECTOR
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("credit reviews")
ENTITLED: dict[Stage, str] = {"proposed": BRANCH_GENERAL_MANAGER, "audited": REGIONAL_DIRECTOR}
STEP: dict[str, Any] = {"edits": True, "status": 200, "problems": ("stage-wrong", "same-person", "not-entitled")}


class OverrideBody(Closed):
    """Another letter than the facts give, and why."""

    # the table's own names: what is computed is no Literal to the type checker, yet to validation and OpenAPI it is
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


class StandingView(BaseModel):
    """Where a review stands after a step; `grade` is the one in force, and `proposal` what was acted on."""

    dealer: UUID
    stage: str
    next_step: str | None
    proposal: UUID | None
    grade: int | None


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


def standing_of(dealer: UUID, file: CreditFile) -> dict[str, Any]:
    """Where a review stands."""
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
    view = StandingView.model_validate(standing_of(dealer, file) | {"proposal": proposal})
    return write.answer(written, view)
