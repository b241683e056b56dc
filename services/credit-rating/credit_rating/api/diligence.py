"""Due diligence of dealers: the list of forms, and one dealer's form with its answers and steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.diligence_steps import PATH, standing_of
from credit_rating.api.money import Money
from credit_rating.domain.diligence import DILIGENCE, ITEMS
from events.types.diligence import DiligenceItem, Feasibility, Finding
from service.context import Read
from service.listing import Asked, Listing, equals
from service.paging import Page
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("due diligence")
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
Stage = Literal["drawn_up", "submitted", "approved", "rejected"]


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
        | standing_of(dealer, known, row.get("stage"))
        | {"items": [answers.get(item, {"item": item}) for item in ITEMS], "steps": steps}
        | {"opinion": opinion and dict(opinion)}
    )


def _filed(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(row) | {"files": json.loads(row["files"] or "[]")}
