"""The steps of due diligence by two people: drawn up and submitted by one, decided by another."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.diligence import (
    DILIGENCE,
    NEXT_STEP,
    AnswerItem,
    ApproveDiligence,
    Diligence,
    OpenDiligence,
    RejectDiligence,
    ReturnDiligence,
    StateFeasibility,
    SubmitDiligence,
)
from credit_rating.reviewing import actor
from credit_rating.snapshot import company_snapshot
from events.fields import Amount, Said, Text
from events.types.diligence import DiligenceItem, Evidence, Feasibility, Finding
from service.context import Write, WriteContext
from service.permissions import BRANCH_GENERAL_MANAGER
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("due diligence")
PATH = "/dealers/{dealer}/due-diligence"
DECIDED: dict[str, Any] = {
    "edits": True, "status": 200, "problems": ("stage-wrong", "no-diligence", "own-proposal", "not-entitled"),
}  # fmt: skip


class Open(Closed):
    """Why it is looked into: a first limit, a raise, to what end."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"purpose": "First limit for the second shop."}]})

    purpose: Said


class Answer(Closed):
    """What was found about one item, in words, and the SHA-256 of files that show it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"item": "use_of_credit", "finding": "satisfactory", "comment": "It pays for the stock of two shops."}
            ]
        }
    )

    item: DiligenceItem
    finding: Finding
    comment: Said
    files: Evidence = ()


class OpinionBody(Closed):
    """For or against a limit of so much, under which conditions, and why."""

    opinion: Feasibility
    limit: Amount
    conditions: Text = ""
    reason: Said


class Nothing(Closed):
    """Nothing more to say."""


class Note(Closed):
    """What there is to say."""

    note: Text = ""


class Reason(Closed):
    """Why."""

    reason: Said


class FormView(BaseModel):
    """Where a form stands after a step, and what has to be answered before it is submitted."""

    dealer: UUID
    stage: str
    next_step: str | None
    missing: list[str]
    covers: Money | None


@router.post(PATH, permission="diligence.prepare", answers=FormView, edits=True, status=200,
             problems=("diligence-open", "nothing-written"))  # fmt: skip
async def open_diligence(dealer: UUID, body: Open, write: Write) -> Response:
    """Begin a form: one a dealer at a time."""
    given = str(write.command("diligence"))
    command = OpenDiligence(diligence=given, purpose=body.purpose, by=write.caller.login, today=write.today)
    return await _handled(write, dealer, command)


@router.post(f"{PATH}/answers", permission="diligence.prepare", answers=FormView, edits=True, status=200,
             problems=("stage-wrong", "no-diligence", "nothing-written"))  # fmt: skip
async def answer_item(dealer: UUID, body: Answer, write: Write) -> Response:
    """Answer an item of the checklist, or answer it anew."""
    return await _handled(write, dealer, AnswerItem(**body.model_dump(), by=write.caller.login))


@router.post(f"{PATH}/opinion", permission="diligence.prepare", answers=FormView, edits=True, status=200,
             problems=("stage-wrong", "no-diligence", "nothing-written", "conditions-missing"))  # fmt: skip
async def state_feasibility(dealer: UUID, body: OpinionBody, write: Write) -> Response:
    """State the feasibility opinion, with the limit asked for; or state it anew."""
    return await _handled(write, dealer, StateFeasibility(**body.model_dump(), by=write.caller.login))


@router.post(f"{PATH}/submission", permission="diligence.prepare", answers=FormView, edits=True, status=200,
             problems=("stage-wrong", "no-diligence", "diligence-incomplete", "opinion-contradicts"))  # fmt: skip
async def submit_diligence(dealer: UUID, body: Nothing, write: Write) -> Response:
    """Let it be approved: every item is answered and the opinion stated."""
    return await _handled(write, dealer, SubmitDiligence(by=write.caller.login, today=write.today))


@router.post(f"{PATH}/approval", permission="diligence.act", answers=FormView, edits=True, status=200,
             problems=(*DECIDED["problems"], "opinion-against", "papers-suspicious"))  # fmt: skip
async def approve_diligence(dealer: UUID, body: Note, write: Write) -> Response:
    """Approve it, as the branch general manager or for them: it covers the limit asked for, from today on."""
    return await _decided(write, dealer, ApproveDiligence, note=body.note, today=write.today)


@router.post(f"{PATH}/return", permission="diligence.act", answers=FormView, **DECIDED)
async def return_diligence(dealer: UUID, body: Reason, write: Write) -> Response:
    """Send it back with what has to change; what was answered stays."""
    return await _decided(write, dealer, ReturnDiligence, reason=body.reason)


@router.post(f"{PATH}/rejection", permission="diligence.act", answers=FormView, **DECIDED)
async def reject_diligence(dealer: UUID, body: Reason, write: Write) -> Response:
    """End it without credit."""
    return await _decided(write, dealer, RejectDiligence, reason=body.reason)


async def _decided(write: WriteContext, dealer: UUID, step: Any, **said: Any) -> Response:
    """A step of the branch general manager, or of somebody to whom it was delegated."""
    await _in_scope(write, dealer)

    async def by_whom(_: Diligence) -> Any:
        async with company_snapshot(write.runtime.pool) as conn:
            by = await actor(conn, write.caller, dealer, BRANCH_GENERAL_MANAGER, write.today)
        return step(by=by, **said)

    return _answer(write, dealer, await write.handle(DILIGENCE, str(dealer), None, prepare=by_whom))


async def _handled(write: WriteContext, dealer: UUID, command: Any) -> Response:
    await _in_scope(write, dealer)
    return _answer(write, dealer, await write.handle(DILIGENCE, str(dealer), command))


async def _in_scope(write: WriteContext, dealer: UUID) -> None:
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)


def standing_of(dealer: UUID, known: Diligence, over: str | None = None) -> dict[str, Any]:
    """Where a form stands; `over`: what became of the last one, where none is open."""
    form = known.form
    return {
        "dealer": dealer,
        "stage": form.stage if form else over or "none",
        "next_step": NEXT_STEP[form.stage] if form else None,
        "missing": form.missing if form else [],
        "suspicions": len(known.suspicions),
    }


def _answer(write: WriteContext, dealer: UUID, written: Any) -> Response:
    known: Diligence = written.state
    return write.answer(written, FormView.model_validate(standing_of(dealer, known) | {"covers": known.covers}))
