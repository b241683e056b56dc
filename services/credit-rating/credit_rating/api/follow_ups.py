"""Follow-up visits after credit is given (回访): which are due as of a day, what was found, and one more recorded."""

from __future__ import annotations

import json
from datetime import date, datetime
from importlib.resources import files
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.follow_up import FOLLOW_UP, FollowUps, RecordFollowUp
from credit_rating.projections.review_step import CURRENT
from credit_rating.published_policies import in_force
from events.fields import Day, Said
from events.types.diligence import Evidence
from service.context import Read, Write
from service.listing import Asked, Filter, Listing, at_least, at_most, equals
from service.paging import Page
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("follow-up visits")
PATH = "/dealers/{dealer}/follow-ups"
DUE = (files("credit_rating") / "follow_ups_due.sql").read_text("utf-8").format(current=CURRENT)
ROWS = """
select f.follow_up, f.visited_on, f.use_of_credit, f.finances, f.stock, f.picture_holds, f.next_steps, f.files, f."by",
    f.recorded_at, f.event
from follow_up f where f.dealer = $1
"""
NEVER: list[int | None] = [None] * 5
"""Months by grade where the policy asks for no visit."""
SAID = "The shelves are full, and the books agree with it."
Grade = Annotated[int, Query(ge=1, le=5)]
DaysLeft = Annotated[int, Query(ge=-3650, le=3650)]


class FollowUpBody(Closed):
    """When the dealer was visited, and what was found; each answer in words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"visited_on": "2026-06-30", "use_of_credit": SAID, "finances": SAID, "stock": SAID,
                 "picture_holds": True, "next_steps": "Visit again in three months."}
            ]
        }
    )  # fmt: skip

    visited_on: Day
    use_of_credit: Said
    finances: Said
    stock: Said
    picture_holds: bool
    next_steps: Said
    files: Evidence = ()


class FollowUpDueRow(BaseModel):
    """A dealer that has credit, and when it is to be visited again; `days_left` is negative where that is past."""

    dealer: UUID
    code: str | None
    name: str | None
    grade: int
    limit: Money
    credit_since: date
    last_visit: date | None
    picture_holds: bool | None
    due_on: date
    days_left: int
    overdue: bool


class FollowUpView(BaseModel):
    """A follow-up visit: what was found, and what comes next."""

    follow_up: UUID
    visited_on: date
    use_of_credit: str
    finances: str
    stock: str
    picture_holds: bool
    next_steps: str
    files: Annotated[list[str], BeforeValidator(lambda said: json.loads(said) if isinstance(said, str) else said)]
    by: str
    recorded_at: datetime
    event: UUID


class RecordedView(BaseModel):
    """The follow-up that was recorded, and the day of the dealer's last one."""

    follow_up: UUID
    last: date


DUES = Listing(
    DUE,
    FollowUpDueRow,
    key=("dealer",),
    sorts=("due_on", "code", "name", "grade", "limit", "last_visit", "credit_since"),
    nullable=("code", "name", "last_visit"),
    default="due_on",
    filters={
        "overdue": equals("overdue", bool),
        "days_left_to": at_most("days_left", DaysLeft),
        "visited": Filter(bool, "((last_visit is not null) = {})"),
        "picture_holds": equals("picture_holds", bool),
        "grade": equals("grade", Grade),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)
OF_ONE = Listing(
    ROWS,
    FollowUpView,
    key=("follow_up",),
    sorts=("visited_on", "recorded_at"),
    default="-visited_on",
    filters={
        "picture_holds": equals("picture_holds", bool),
        "visited_from": at_least("visited_on", Day),
        "visited_to": at_most("visited_on", Day),
    },
)


@router.get("/follow-ups", permission="follow_up.read", answers=Page[FollowUpDueRow], problems=("no-policy",))
async def list_due(
    read: Read, asked: Annotated[Asked, Depends(DUES.asked)], as_of: Day | None = None
) -> Page[FollowUpDueRow]:
    """Every dealer in scope that has credit on a day, by when it is to be visited again; none if the policy asks none.

    `overdue=true`: those past their day; `days_left_to=14`: those due within two weeks, or past.
    """
    day = as_of or read.today
    async with read.snapshot() as conn:
        rule = (await in_force(conn, day)).policy.follow_up
        rows = await asked.rows(conn, day, rule.every_months.by_grade if rule else NEVER)
    return asked.page(rows, FollowUpDueRow)


@router.get(PATH, permission="follow_up.read", answers=Page[FollowUpView])
async def follow_ups_of(dealer: UUID, read: Read, asked: Annotated[Asked, Depends(OF_ONE.asked)]) -> Page[FollowUpView]:
    """A dealer's follow-up visits, the latest first."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    return asked.page(rows, FollowUpView)


@router.post(PATH, permission="follow_up.record", answers=RecordedView,
             problems=("dates-implausible", "nothing-written"))  # fmt: skip
async def record_follow_up(dealer: UUID, body: FollowUpBody, write: Write) -> Response:
    """Record a visit; the next one is due so many months after it."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    given = write.command("follow-up")
    said: dict[str, Any] = body.model_dump() | {"by": write.caller.login, "today": write.today}
    written = await write.handle(FOLLOW_UP, str(dealer), RecordFollowUp(follow_up=str(given), **said))
    known: FollowUps = written.state
    return write.answer(written, RecordedView(follow_up=given, last=known.last or body.visited_on))
