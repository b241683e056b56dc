"""The review inbox, `/reviews`, and one dealer's review with the steps that the reader may take."""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from reporting.asking import Nothing, ReviewsAsked
from reporting.i18n import N_
from reporting.pages.view import page, render
from reporting.reading.places import places
from reporting.reading.reviews import OPEN, Review, inbox, review, steps
from reporting.reading.standpoint import standpoint
from reporting.reading.wrong import Wrong
from reporting.review_labels import INDICATORS_GRADED
from service.caller import Caller
from service.context import Read
from service.permissions import (
    BRANCH_GENERAL_MANAGER,
    BRANCH_MANAGER,
    CREDIT_CONTROLLER,
    HEAD_OF_MARKETING,
    REGIONAL_DIRECTOR,
)
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("pages")
ROWS = 100
STEP_OF = {"open": BRANCH_MANAGER, "proposed": BRANCH_GENERAL_MANAGER, "audited": REGIONAL_DIRECTOR}
"""Whose step a review waits for (domain.md 2.5)."""
DELEGATES = {BRANCH_MANAGER, BRANCH_GENERAL_MANAGER, REGIONAL_DIRECTOR, HEAD_OF_MARKETING, CREDIT_CONTROLLER}
"""Whom an audit or an approval may be delegated to; credit-rating knows to whom it was."""
OPENERS = {BRANCH_MANAGER, BRANCH_GENERAL_MANAGER, REGIONAL_DIRECTOR, CREDIT_CONTROLLER}


class Offered(NamedTuple):
    """What the page offers: `acts` are names of credit-rating's routes; `delegated` if only on somebody's behalf."""

    acts: tuple[str, ...] = ()
    delegated: bool = False
    acted: bool = False


def offered(found: Review, caller: Caller) -> Offered:
    """The steps that a reader may try; credit-rating decides anyway."""
    stage = found.stage or "none"
    if stage not in OPEN:
        return Offered(("open",)) if caller.role in OPENERS else Offered()
    if stage == "open":
        return Offered(("proposal",)) if caller.role == BRANCH_MANAGER else Offered()
    if caller.login in found.people:
        return Offered(acted=True)
    if caller.role not in DELEGATES:
        return Offered()
    acts = ("audit" if stage == "proposed" else "approval", "return", "rejection")
    return Offered(acts, delegated=caller.role != STEP_OF[stage])


@router.get("/reviews", permission="report.read", page=True, include_in_schema=False)
@page
async def reviews(read: Read, ask: Annotated[ReviewsAsked, Query()]) -> Response:
    """Everything that waits for a proposal, an audit or an approval, due first first."""
    at = await standpoint(read, as_of=None, known_at=None)
    mine = [stage for stage, role in STEP_OF.items() if role == read.caller.role]
    stages = [ask.step] if ask.step in OPEN else mine if ask.step == "mine" else OPEN
    async with read.snapshot() as conn:
        found = await inbox(conn, at, stages=stages, late=bool(ask.late), after=after_of(ask.after), limit=ROWS)
        names = await places(conn)
    return render(read, "reviews.html", at=at, inbox=found, places=names, ask=ask, mine=mine, lasting=False)


@router.get("/dealers/{dealer}/review", permission="dealer.read", page=True, include_in_schema=False)
@page
async def one(read: Read, dealer: UUID, ask: Annotated[Nothing, Query()]) -> Response:
    """What is in force, what is proposed in its place and why, and the next step."""
    at = await standpoint(read, as_of=None, known_at=None)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        found = await review(conn, at, dealer)
        if found is None:
            raise Wrong("not-found", N_("No credit file yet: it opens when the dealer is onboarded."))
        taken, names = await steps(conn, dealer), await places(conn)
    return render(read, "review.html", at=at, review=found, steps=taken, places=names, step_of=STEP_OF,
                  offered=offered(found, read.caller), open_stages=OPEN, graded=INDICATORS_GRADED,
                  lasting=False)  # fmt: skip


def after_of(said: str) -> tuple[date, str]:
    """Where the inbox goes on."""
    if not said:
        return date.min, ""
    try:
        day, _, code = said.partition("~")
        return date.fromisoformat(day), code
    except ValueError:
        raise Problem("invalid-cursor") from None
