"""Owner groups: the limit that their dealers share, what is left of it, and who is in them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.credit_check import exposure
from credit_rating.domain.group_limit import GROUP_LIMIT, EndGroupLimit, GroupLimit, SetGroupLimit, key
from credit_rating.group_standing import members_of, standings_of
from credit_rating.projections.group_limit import IN_FORCE
from credit_rating.snapshot import company_snapshot
from events import GroupLimitEnded, GroupLimitSet
from events.decider import Refused
from events.fields import Code, Day, Limit, Said
from service.context import Read, Write
from service.listing import Asked, Listing, equals
from service.paging import Page
from service.problems import Problem
from service.routing import Router

router = Router("groups")
ROWS = """
select g.code, g.name from owner_group g
where ($1 or exists (select from group_member m where m.owner_group = g.code))
"""
"""Groups with a dealer in the caller's scope; who sees the company sees them all."""
ONE = f"{ROWS} and g.code = $2"
NAME = "select name from owner_group where code = $1"
SET_OR_ENDED = """
select kind, "limit", first_day, last_day, reason, by, recorded_at, sequence from group_limit where owner_group = $1
"""
IN_GROUP = """
select m.dealer, coalesce(d.code, '') as code, d.name from group_member m left join dealer d using (dealer)
where m.owner_group = $1
"""


class GroupRow(BaseModel):
    """An owner group in a list."""

    code: str
    name: str


class GroupLimitView(BaseModel):
    """What all dealers of a group together may come to, from `first_day` on; without `last_day` until it is ended."""

    limit: Money
    first_day: date
    last_day: date | None
    reason: str
    by: str


class GroupView(GroupRow):
    """A group: its limit of a day, and what its dealers, so many, are exposed to together: today, else null.

    Exposure is what orders are checked against now: open orders and who belongs to the group have no past here.
    """

    as_of: date
    limit: GroupLimitView | None
    exposure: Money | None
    headroom: Money | None
    members: int


class MemberView(BaseModel):
    """A dealer of a group and what it adds to the group's exposure."""

    dealer: UUID
    code: str
    name: str | None
    exposure: Money


class ChangeView(BaseModel):
    """A limit of a group that was `set`, or `ended` from its first day on."""

    kind: str
    limit: Money | None
    first_day: date
    last_day: date | None
    reason: str
    by: str
    recorded_at: datetime


GROUPS = Listing(ROWS, GroupRow, key=("code",), sorts=("code", "name"), nullable=("name",), default="code")
MEMBERS = Listing(
    IN_GROUP, MemberView, key=("dealer",), sorts=("code", "name"), nullable=("name",), default="code"
)  # fmt: skip
LIMITS = Listing(
    SET_OR_ENDED,
    ChangeView,
    key=("sequence",),
    sorts=("sequence", "first_day", "limit", "by"),
    nullable=("limit",),
    default="-sequence",
    filters={"kind": equals("kind", Literal["set", "ended"]), "by": equals("by")},
)


class SetLimit(Closed):
    """The limit, its days (from today unless said; without a last day until it is ended), and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"limit": "900000.00", "reason": "Three shops of one owner, one guarantee."}]}
    )

    limit: Limit
    first_day: Day | None = None
    last_day: Day | None = None
    reason: Said


class EndLimit(Closed):
    """Why the group has a limit no more."""

    reason: Said


class GroupLimitEndedView(BaseModel):
    """A group whose dealers are checked against their own limits alone."""

    group: str
    ended_on: date
    by: str


@router.post("/groups/{group}/limit", permission="group.limit", answers=GroupLimitView, status=200,
             problems=("unknown-group", "dates-implausible"))  # fmt: skip
async def set_group_limit(group: Code, body: SetLimit, write: Write) -> Response:
    """Set the limit that the dealers of a group share; in place of one that was set before it needs If-Match."""
    async with write.snapshot() as conn:
        if await conn.fetchval(NAME, group) is None:
            raise Refused(
                "unknown-group", f"No owner group {group} is known: define it in the registry, or repeat in a moment.",
                retryable=True,
            )  # fmt: skip
    command = SetGroupLimit(
        group=group, limit=body.limit, first_day=body.first_day or write.today, last_day=body.last_day,
        reason=body.reason, by=write.caller.login, today=write.today,
    )  # fmt: skip

    async def prepare(limit: GroupLimit) -> SetGroupLimit:
        if write.expected is None and limit.set:
            raise Problem("if-match-missing", "The group has a limit: read it, and send its ETag as If-Match.")
        return command

    written = await write.handle(GROUP_LIMIT, key(group), None, prepare=prepare)
    (given,) = written.events
    assert isinstance(given, GroupLimitSet)
    return write.answer(written, GroupLimitView.model_validate(given.model_dump()))


@router.post("/groups/{group}/limit/end", permission="group.limit", answers=GroupLimitEndedView, edits=True, status=200,
             problems=("no-group-limit",))  # fmt: skip
async def end_group_limit(group: Code, body: EndLimit, write: Write) -> Response:
    """From today on the group has no limit."""
    command = EndGroupLimit(group=group, reason=body.reason, by=write.caller.login, today=write.today)
    written = await write.handle(GROUP_LIMIT, key(group), command)
    (ended,) = written.events
    assert isinstance(ended, GroupLimitEnded)
    return write.answer(written, GroupLimitEndedView(**ended.model_dump()))


@router.get("/groups", permission="limit.read", answers=Page[GroupRow])
async def list_groups(read: Read, asked: Annotated[Asked, Depends(GROUPS.asked)]) -> Page[GroupRow]:
    """Owner groups with a dealer in the caller's scope, by code."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, read.caller.reach == "company")
    return asked.page(rows, GroupRow)


@router.get("/groups/{group}", permission="limit.read", answers=GroupView)
async def read_group(group: Code, read: Read, as_of: Day | None = None) -> GroupView:
    """A group's limit and what its dealers are exposed to together, in whatever scope; ETag: what a change names."""
    row, day = await _in_scope(read, group), as_of or read.today
    async with company_snapshot(read.runtime.pool) as conn:
        limit = await conn.fetchrow(IN_FORCE, group, day)
        dealers = await members_of(conn, group)
        members = await standings_of(conn, dealers, day) if day == read.today else None
        await read.shows(conn, GROUP_LIMIT, key(group))
    together = None
    if members is not None:
        together = sum((exposure(each.standing, each.reserved) for each in members.values()), Decimal(0))
    return GroupView(
        **row, as_of=day, limit=GroupLimitView.model_validate(dict(limit)) if limit else None, exposure=together,
        headroom=limit["limit"] - together if limit and together is not None else None, members=len(dealers),
    )  # fmt: skip


@router.get("/groups/{group}/members", permission="limit.read", answers=Page[MemberView])
async def list_members(group: Code, read: Read, asked: Annotated[Asked, Depends(MEMBERS.asked)]) -> Page[MemberView]:
    """The dealers of a group within the caller's scope, each with what it adds to the group's exposure today."""
    await _in_scope(read, group)
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, group)
    async with company_snapshot(read.runtime.pool) as conn:
        known = await standings_of(conn, [row["dealer"] for row in rows], read.today)
    exposed = {dealer: exposure(each.standing, each.reserved) for dealer, each in known.items()}
    return asked.page([dict(row) | {"exposure": exposed[row["dealer"]]} for row in rows], MemberView)


@router.get("/groups/{group}/limits", permission="limit.read", answers=Page[ChangeView])
async def list_group_limits(
    group: Code, read: Read, asked: Annotated[Asked, Depends(LIMITS.asked)]
) -> Page[ChangeView]:
    """Every limit that was set or ended, the latest first."""
    await _in_scope(read, group)
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, group)
    return asked.page(rows, ChangeView)


async def _in_scope(read: Read, group: str) -> dict[str, Any]:
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, read.caller.reach == "company", group)
    if row is None:
        raise Problem("not-found", f"There is no owner group {group} with a dealer in your scope.", retryable=True)
    return dict(row)
