"""5C assessments of a dealer: made with evidence for each of the five, and listed; kept beside the grade."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.closed import Closed
from credit_rating.domain.five_c import ASSESSMENT, CS, AssessFiveC
from credit_rating.published_policies import in_force
from credit_rating.snapshot import company_snapshot
from events import Assessed, FiveCAssessed, FiveCs
from events.fields import Day, Hash, Percent, Said, Text
from events.types.shapes import PolicyRef
from service.context import Read, Write
from service.listing import Asked, Listing, at_least, at_most, equals
from service.paging import Page
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("5C assessments")
ROWS = """
select assessment as id, assessed_on, total, scores, policy, comment, by, sequence
from five_c_assessment where dealer = $1
"""
EXAMPLE: dict[str, Any] = {name: {"score": 60, "evidence": "Accounts of the last two years."} for name in CS}


class AssessedBody(Closed):
    """0–100, what it rests on, and the SHA-256 of a file of it."""

    score: Percent
    evidence: Said
    file: Hash | None = None


class FiveCBody(Closed):
    """Each of the five, with its evidence."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    character: AssessedBody
    capacity: AssessedBody
    capital: AssessedBody
    collateral: AssessedBody
    conditions: AssessedBody
    comment: Text = ""


class FiveCView(BaseModel):
    """An assessment; `total` by the weights of the policy of its day."""

    id: UUID
    assessed_on: date
    total: Decimal
    scores: dict[str, Assessed]
    policy: PolicyRef
    comment: str
    by: str


ASSESSMENTS = Listing(
    ROWS,
    FiveCView,
    key=("sequence",),
    sorts=("assessed_on", "total", "by"),
    default="-assessed_on",
    filters={
        "by": equals("by"),
        "assessed_from": at_least("assessed_on", Day),
        "assessed_to": at_most("assessed_on", Day),
    },
)


@router.post("/dealers/{dealer}/five-c", permission="five_c.assess", answers=FiveCView, problems=("no-policy",))
async def assess_five_c(dealer: UUID, body: FiveCBody, write: Write) -> Response:
    """Assess a dealer's 5C today; the latest counts where the policy caps a grade by it."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    given = str(write.command("assessment"))
    scores = FiveCs.model_validate(body.model_dump(exclude={"comment"}))

    async def gathered(_: Any) -> AssessFiveC:
        async with company_snapshot(write.runtime.pool) as conn:
            policy = await in_force(conn, write.today)
        return AssessFiveC(
            assessment=given, scores=scores, weights=policy.policy.five_c.weights, policy=policy.reference,
            comment=body.comment, by=write.caller.login, today=write.today,
        )  # fmt: skip

    written = await write.handle(ASSESSMENT, str(dealer), None, prepare=gathered)
    (said,) = written.events
    assert isinstance(said, FiveCAssessed)
    return write.answer(written, FiveCView.model_validate(said.model_dump() | {"id": said.assessment}))


@router.get("/dealers/{dealer}/five-c", permission="five_c.read", answers=Page[FiveCView])
async def list_five_c(dealer: UUID, read: Read, asked: Annotated[Asked, Depends(ASSESSMENTS.asked)]) -> Page[FiveCView]:
    """Every assessment of a dealer, the latest first."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    parsed = [dict(row) | {name: json.loads(row[name]) for name in ("scores", "policy")} for row in rows]
    return asked.page(parsed, FiveCView)
