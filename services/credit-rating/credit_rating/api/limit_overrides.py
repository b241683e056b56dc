"""Limits that somebody sets in place of the computed one for some days: given, taken back, listed."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.credit_file import CREDIT_FILE
from credit_rating.domain.limit_override import EndOverride, OverrideLimit
from events import CreditLimitOverridden, CreditLimitOverrideEnded
from events.fields import Day, Limit, Said
from service.context import Read, Write
from service.listing import Asked, Filter, Listing, equals
from service.paging import Page
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("limits")
ROWS = """
select o.override as id, o."limit", o.first_day, o.last_day, o.reason, o.by, e.first_day as ended_on, e.by as ended_by
from limit_override o left join limit_override e on e.override = o.override and e.kind = 'ended'
where o.dealer = $1 and o.kind = 'set'
"""


class OverrideView(BaseModel):
    """A limit that replaces the computed one from `first_day` to `last_day`; `ended_on`: no more from that day on."""

    id: UUID
    limit: Money
    first_day: date
    last_day: date
    reason: str
    by: str
    ended_on: date | None = None
    ended_by: str | None = None


OVERRIDES = Listing(
    ROWS,
    OverrideView,
    key=("id",),
    sorts=("last_day", "first_day", "limit", "by"),
    default="-last_day",
    filters={
        "on": Filter(Day, "{} between first_day and least(last_day, ended_on - 1)"),
        "by": equals("by"),
        "ended": equals("(ended_on is not null)", bool),
    },
)


class Override(Closed):
    """Another limit, its days (from today unless said), and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"limit": "80000.00", "last_day": "2026-09-30", "reason": "Opens two shops for the season."}]
        }
    )

    limit: Limit
    first_day: Day | None = None
    last_day: Day
    reason: Said


class EndedView(BaseModel):
    """An override that was taken back."""

    id: UUID
    ended_on: date
    ended_by: str


class End(Closed):
    """Why the last override is taken back."""

    reason: Said


@router.post("/dealers/{dealer}/limit-override", permission="limit.override", answers=OverrideView, edits=True,
             problems=("dates-implausible", "no-limit"))  # fmt: skip
async def override_limit(dealer: UUID, body: Override, write: Write) -> Response:
    """Set another limit for some days; it ends by date. The last one given counts where two overlap."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    command = OverrideLimit(
        override=str(write.command("override")), limit=body.limit, first_day=body.first_day or write.today,
        last_day=body.last_day, reason=body.reason, by=write.caller.login, today=write.today,
    )  # fmt: skip
    written = await write.handle(CREDIT_FILE, str(dealer), command)
    (given,) = written.events
    assert isinstance(given, CreditLimitOverridden)
    return write.answer(written, OverrideView.model_validate(given.model_dump() | {"id": given.override}))


@router.post("/dealers/{dealer}/limit-override/end", permission="limit.override", answers=EndedView, edits=True,
             status=200, problems=("no-override",))  # fmt: skip
async def end_override(dealer: UUID, body: End, write: Write) -> Response:
    """Take the last override back: from today on counts what would have counted without it."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    command = EndOverride(reason=body.reason, by=write.caller.login, today=write.today)
    written = await write.handle(CREDIT_FILE, str(dealer), command)
    (ended,) = written.events
    assert isinstance(ended, CreditLimitOverrideEnded)
    return write.answer(written, EndedView(id=UUID(ended.override), ended_on=ended.ended_on, ended_by=ended.by))


@router.get("/dealers/{dealer}/limit-overrides", permission="limit.read", answers=Page[OverrideView])
async def list_overrides(
    dealer: UUID, read: Read, asked: Annotated[Asked, Depends(OVERRIDES.asked)]
) -> Page[OverrideView]:
    """Overrides of a dealer's limit, the latest to end first; `on` those that count on a day."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    return asked.page(rows, OverrideView)
