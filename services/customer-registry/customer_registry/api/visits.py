"""Visits and other contacts (客户联系记录卡): logged one by one or in bulk, each accepted once (domain.md 1.5)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from customer_registry.api.addressing import DealerNamed
from customer_registry.api.shapes import decoded
from customer_registry.recording import log_rows
from events.fields import Code, Day, Name, Said, Text
from events.types.customer_registry import ContactMethod
from service.bulk import MEDIA_TYPE, Row, RowVerdict, ndjson
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("visits")
LATEST_FIRST = Keyset("visited_on", "sequence", descending=True)
LIST = """
select event, visited_on, method, place, participants, content, succeeded, fell_short, lesson, next_appointment,
    next_plan, representative, sequence
from visit where dealer = $1 and ($2::date is null or visited_on >= $2) and ($3::date is null or visited_on <= $3)
    and {after} {order} limit {limit}
"""


class VisitGiven(BaseModel):
    """A visit. `reference` is the sender's own number of it; `representative` is the caller unless it is given."""

    model_config = ConfigDict(extra="forbid")
    dealer: DealerNamed
    reference: Code | None = None
    visited_on: Day
    method: ContactMethod = "visit"
    place: Text
    participants: Annotated[list[Name], Field(max_length=50)] = []
    content: Said
    succeeded: Said
    fell_short: Said
    lesson: Said
    next_appointment: Day | None = None
    next_plan: Text | None = None
    representative: Code | None = None


class VisitLogged(BaseModel):
    """What became of a visit that was handed in."""

    verdict: str
    position: str | None


class VisitView(BaseModel):
    """A visit as it was logged."""

    event: UUID
    visited_on: date
    method: str
    place: str
    participants: list[str]
    content: str
    succeeded: str
    fell_short: str
    lesson: str
    next_appointment: date | None
    next_plan: str | None
    representative: str


@router.post(
    "/visits",
    permission="visit.log",
    answers=VisitLogged,
    problems=("unknown-dealer", "lesson-without-substance", "date-in-future", "document-conflict"),
)
async def log_visit(body: VisitGiven, write: Write) -> Response:
    """Log a visit; the same card again is a duplicate, and changes nothing."""
    (said,) = await log_rows(write, [Row(1, body)])
    if said.verdict == "rejected":
        raise Problem(said.code or "invalid", said.reason, retryable=said.retry)
    headers = {"Dealerlog-Position": said.position} if said.position else {}
    body_out = VisitLogged(verdict=said.verdict, position=said.position).model_dump_json()
    return Response(body_out, status_code=201, media_type="application/json", headers=headers)


@router.post("/visits:bulk", permission="visit.log", accepts=MEDIA_TYPE, gives=(MEDIA_TYPE,), body_bytes="bulk_bytes",
             status=200)  # fmt: skip
async def log_visits(request: Request, write: Write) -> Response:
    """Visits as NDJSON, a verdict for each row."""

    async def record(rows: list[Row[VisitGiven]]) -> list[RowVerdict]:
        return await log_rows(write, rows)

    return await ndjson(request, VisitGiven, record)


@router.get("/dealers/{dealer}/visits", permission="dealer.read", answers=Page[VisitView])
async def list_visits(
    dealer: UUID,
    read: Read,
    page: PageOf,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> Page[VisitView]:
    """Contacts with a dealer, the latest first; `from` and `to` are both included."""
    query = LIST.format(after=LATEST_FIRST.after(page, 4), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows: list[Any] = await conn.fetch(query, dealer, first, last, *LATEST_FIRST.values(page))
    return page.of([decoded(row, "participants") for row in rows], LATEST_FIRST, VisitView)
