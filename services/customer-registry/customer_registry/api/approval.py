"""What happens to a file after its submission: review, approval, return, rejection, suspension, reinstatement."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from customer_registry.api.shapes import DealerFile, TermsGiven, file_of
from customer_registry.domain.dealer import (
    DEALER,
    ApproveDealer,
    ChangeTerms,
    ReinstateDealer,
    RejectDealer,
    ReturnDealer,
    ReviewDealer,
    SuspendDealer,
)
from eventlog.meta import Written
from eventlog.refusals import ClaimTaken
from events.fields import Day, Said, Text
from events.types.customer_registry import Terms
from service.context import Write, WriteContext
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("dealers")
MOST_CODES = 5
STEP: dict[str, Any] = {"answers": DealerFile, "edits": True, "status": 200, "problems": ("stage-wrong", "same-person")}


class Review(BaseModel):
    """What the branch general manager says of the submission."""

    model_config = ConfigDict(extra="forbid")
    comment: Text = ""


class Approval(BaseModel):
    """The day of the onboarding; today unless it is given."""

    model_config = ConfigDict(extra="forbid")
    onboarded_on: Day | None = None


class Reasoned(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Said


class Dated(Reasoned):
    """Why, and from which day on; today unless it is given."""

    on: Day | None = None


class OtherTerms(Dated):
    """The terms agreed, why, and from which day on; today unless it is given."""

    terms: TermsGiven


@router.post("/dealers/{dealer}/review", permission="dealer.review", **STEP)
async def review_dealer(dealer: UUID, body: Review, write: Write) -> Response:
    """Agree with a submission of the own branch: step two of three."""
    return await step(write, dealer, ReviewDealer(by=write.caller.login, comment=body.comment))


@router.post("/dealers/{dealer}/approve", permission="dealer.approve", **STEP)
async def approve_dealer(dealer: UUID, body: Approval, write: Write) -> Response:
    """Onboard a reviewed dealer: step three of three. A code that is another dealer's is minted anew."""
    await in_scope(write, dealer)
    for attempt in range(MOST_CODES):
        command = ApproveDealer(
            dealer=str(dealer),
            by=write.caller.login,
            onboarded_on=body.onboarded_on or write.today,
            attempt=attempt,
            today=write.today,
        )
        try:
            return answer(write, dealer, await write.handle(DEALER, str(dealer), command))
        except ClaimTaken as taken:
            if not taken.key.startswith("dealer-code/") or attempt == MOST_CODES - 1:
                raise
    raise AssertionError("the last attempt answers or raises")


@router.post("/dealers/{dealer}/return", permission="dealer.send_back", **STEP)
async def return_dealer(dealer: UUID, body: Reasoned, write: Write) -> Response:
    """Send a submission back to its author with what has to change."""
    return await step(write, dealer, ReturnDealer(by=write.caller.login, reason=body.reason))


@router.post("/dealers/{dealer}/reject", permission="dealer.send_back", **STEP)
async def reject_dealer(dealer: UUID, body: Reasoned, write: Write) -> Response:
    """Refuse a submission for good."""
    return await step(write, dealer, RejectDealer(by=write.caller.login, reason=body.reason))


@router.post("/dealers/{dealer}/suspend", permission="dealer.suspend", **STEP)
async def suspend_dealer(dealer: UUID, body: Dated, write: Write) -> Response:
    """Block the dealer's orders from a day on."""
    day = body.on or write.today
    return await step(
        write, dealer, SuspendDealer(by=write.caller.login, reason=body.reason, on=day, today=write.today)
    )


@router.post("/dealers/{dealer}/reinstate", permission="dealer.suspend", **STEP)
async def reinstate_dealer(dealer: UUID, body: Dated, write: Write) -> Response:
    """Let the dealer order again from a day on."""
    day = body.on or write.today
    return await step(
        write, dealer, ReinstateDealer(by=write.caller.login, reason=body.reason, on=day, today=write.today)
    )


@router.post("/dealers/{dealer}/terms", permission="dealer.terms", answers=DealerFile, edits=True, status=200,
             problems=("stage-wrong", "terms-unchanged", "before-last-change", "date-in-future"))  # fmt: skip
async def change_terms(dealer: UUID, body: OtherTerms, write: Write) -> Response:
    """Agree on other terms of payment, from a day on; the dealer's credit limit is computed anew."""
    return await step(
        write,
        dealer,
        ChangeTerms(
            terms=Terms(**body.terms.model_dump()),
            by=write.caller.login,
            reason=body.reason,
            on=body.on or write.today,
            today=write.today,
        ),
    )


async def step(write: WriteContext, dealer: UUID, command: Any) -> Response:
    """One command on a file of the caller's scope."""
    await in_scope(write, dealer)
    return answer(write, dealer, await write.handle(DEALER, str(dealer), command))


async def in_scope(write: WriteContext, dealer: UUID) -> None:
    """Refuse with 404 a dealer outside the caller's scope."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)


def answer(write: WriteContext, dealer: UUID, written: Written) -> Response:
    """The file as it is now."""
    return write.answer(written, file_of(dealer, written.state))
