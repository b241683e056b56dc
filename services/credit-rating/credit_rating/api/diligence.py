"""Due diligence of dealers: the list of forms, one dealer's form with its answers, and its steps by two people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.diligence import (
    DILIGENCE,
    ITEMS,
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
from service.context import Read, Write, WriteContext
from service.listing import Asked, Listing, equals
from service.paging import Page
from service.permissions import BRANCH_GENERAL_MANAGER
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("due diligence")
PATH = "/dealers/{dealer}/due-diligence"
ROWS = """
select g.dealer, d.code, d.name, g.diligence, g.stage, g.purpose, g.opened_on, g.opened_by, g.opinion, g."limit",
    g.submitted_on, g.submitted_by, g.said, g.covers, g.approved_on, g.approved_by, s.territory, s.branch, s.region
from diligence g join dealer d using (dealer) join dealer_scope s using (dealer) where g.opened_on is not null
"""
STEPS = """
select event, diligence, step, dated, item, finding, "limit", opinion, conditions, said, files, "by", acting_for,
    recorded_at
from diligence_step where dealer = $1 order by sequence desc limit 100
"""
FORM = "select * from diligence where dealer = $1"
ANSWERS = """
select distinct on (item) item, finding, said as comment, files, "by", dated as answered_on
from diligence_step where diligence = $1 and step = 'answered' order by item, sequence desc
"""
OPINION = """
select opinion, "limit", conditions, said as reason, "by" from diligence_step
where diligence = $1 and step = 'stated' order by sequence desc limit 1
"""
DRAWN_UP: dict[str, Any] = {"edits": True, "status": 200, "problems": ("stage-wrong", "no-diligence")}
DECIDED: dict[str, Any] = {
    "edits": True, "status": 200, "problems": ("stage-wrong", "no-diligence", "own-proposal", "not-entitled"),
}  # fmt: skip
Stage = Literal["drawn_up", "submitted", "approved", "rejected"]


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


class DiligenceRow(BaseModel):
    """A dealer's last form; `covers` is the limit that its last approved one covers, since `approved_on`."""

    dealer: UUID
    code: str | None
    name: str | None
    diligence: UUID
    stage: Stage
    purpose: str
    opened_on: date
    opened_by: str
    opinion: Feasibility | None
    limit: Money | None
    submitted_on: date | None
    submitted_by: str | None
    said: str | None
    covers: Money | None
    approved_on: date | None
    approved_by: str | None


DILIGENCES = Listing(
    ROWS,
    DiligenceRow,
    key=("dealer",),
    sorts=("opened_on", "code", "name", "stage", "submitted_on", "limit", "covers", "approved_on"),
    nullable=("code", "name", "submitted_on", "limit", "covers", "approved_on"),
    default="opened_on",
    filters={
        "stage": equals("stage", Stage),
        "opinion": equals("opinion", Feasibility),
        "submitted_by": equals("submitted_by"),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)


class AnswerView(BaseModel):
    """An item of the checklist; nulls where nobody has answered it."""

    item: DiligenceItem
    finding: Finding | None = None
    comment: str | None = None
    files: list[str] = []
    by: str | None = None
    answered_on: date | None = None


class OpinionView(BaseModel):
    """The feasibility opinion."""

    opinion: Feasibility
    limit: Money
    conditions: str
    reason: str
    by: str


class DiligenceStepView(BaseModel):
    """One step of a form: opened, answered, stated, submitted, approved, returned or rejected."""

    event: UUID
    diligence: UUID
    step: str
    dated: date
    item: str | None
    finding: str | None
    limit: Money | None
    opinion: str | None
    conditions: str | None
    said: str | None
    files: list[str]
    by: str
    acting_for: str | None
    recorded_at: datetime


class DiligenceView(BaseModel):
    """A dealer's last form: the six items in their order, the opinion, what is missing, and its last 100 steps.

    `suspicions`: how many papers block its approval.
    """

    dealer: UUID
    diligence: UUID | None
    stage: str
    next_step: str | None
    purpose: str | None
    items: list[AnswerView]
    opinion: OpinionView | None
    missing: list[str]
    suspicions: int
    covers: Money | None
    approved_on: date | None
    approved_by: str | None
    steps: list[DiligenceStepView]


class FormView(BaseModel):
    """Where a form stands after a step, and what has to be answered before it is submitted."""

    dealer: UUID
    stage: str
    next_step: str | None
    missing: list[str]
    covers: Money | None


@router.get("/due-diligence", permission="diligence.read", answers=Page[DiligenceRow])
async def list_diligences(read: Read, asked: Annotated[Asked, Depends(DILIGENCES.asked)]) -> Page[DiligenceRow]:
    """The last form of each dealer in scope that has one, the longest open first."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn)
    return asked.page(rows, DiligenceRow)


@router.get(PATH, permission="diligence.read", answers=DiligenceView)
async def read_diligence(dealer: UUID, read: Read) -> DiligenceView:
    """A dealer's due diligence; its ETag is what each step names as If-Match."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = dict(await conn.fetchrow(FORM, dealer) or {})
        answers = {each["item"]: _filed(each) for each in await conn.fetch(ANSWERS, row.get("diligence"))}
        opinion = await conn.fetchrow(OPINION, row.get("diligence"))
        steps = [_filed(each) for each in await conn.fetch(STEPS, dealer)]
        version = await read.shows(conn, DILIGENCE, str(dealer))
    known, _ = await read.runtime.log.state(DILIGENCE, str(dealer), up_to=version)
    return DiligenceView.model_validate(
        dict.fromkeys(("diligence", "purpose", "covers", "approved_on", "approved_by"))
        | {name: value for name, value in row.items() if name in DiligenceView.model_fields}
        | _standing(dealer, known, row.get("stage"))
        | {"items": [answers.get(item, {"item": item}) for item in ITEMS], "steps": steps}
        | {"opinion": opinion and dict(opinion)}
    )


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


def _standing(dealer: UUID, known: Diligence, over: str | None = None) -> dict[str, Any]:
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
    return write.answer(written, FormView.model_validate(_standing(dealer, known) | {"covers": known.covers}))


def _filed(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(row) | {"files": json.loads(row["files"] or "[]")}
