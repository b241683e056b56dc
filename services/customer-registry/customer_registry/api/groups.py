"""Owner groups (集团): dealers of one owner, whose orders are checked against one limit (credit-rating)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from customer_registry.api.approval import Reasoned, step
from customer_registry.api.defining import DEFINING, define
from customer_registry.api.shapes import DealerFile
from customer_registry.domain.command import OwnCode
from customer_registry.domain.owner_group import OWNER_GROUP, DefineGroup, JoinGroup, LeaveGroup, key
from events.decider import Refused
from events.fields import Name
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router

router = Router("groups")
BY_CODE = Keyset("code")
LIST = """
select code, name from owner_group where ($1::text is null or name ilike '%' || $2 || '%') and {after} {order}
limit {limit}
"""
ONE = "select code, name, version from owner_group where code = $1"
EDIT: dict[str, Any] = {"permission": "dealer.group", "answers": DealerFile, "edits": True, "status": 200}


class GroupGiven(BaseModel):
    """An owner group's code and name."""

    model_config = ConfigDict(extra="forbid")
    code: OwnCode
    name: Name


class GroupView(BaseModel):
    """An owner group."""

    code: str
    name: str


class Joining(Reasoned):
    """Which group the dealer belongs to, and why."""

    group: OwnCode


@router.post("/groups", permission="organisation.define", answers=GroupView, problems=DEFINING)
async def define_group(body: GroupGiven, write: Write) -> Response:
    """Let there be an owner group, or rename it (If-Match)."""
    written = await define(write, OWNER_GROUP, key(body.code), DefineGroup(code=body.code, name=body.name))
    view = GroupView(code=body.code, name=written.state.name)
    return write.answer(written, view, location=f"/groups/{body.code}")


@router.get("/groups", permission="organisation.read", answers=Page[GroupView])
async def list_groups(
    read: Read, page: PageOf, q: Annotated[str | None, Query(max_length=200, description="part of a name")] = None
) -> Page[GroupView]:
    """Owner groups, by code."""
    query = LIST.format(after=BY_CODE.after(page, 3), order=BY_CODE.order, limit=page.limit + 1)
    part = q and q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, q, part, *BY_CODE.values(page))
    return page.of(rows, BY_CODE, GroupView)


@router.get("/groups/{code}", permission="organisation.read", answers=GroupView)
async def read_group(code: str, read: Read) -> GroupView:
    """One owner group, with its version as ETag."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, code)
    if row is None:
        raise Problem("not-found", f"There is no owner group {code}.")
    read.etag(row["version"])
    return GroupView(code=row["code"], name=row["name"])


@router.post("/dealers/{dealer}/group", problems=("unknown-group", "in-a-group", "stage-wrong"), **EDIT)
async def join_group(dealer: UUID, body: Joining, write: Write) -> Response:
    """Let the dealer belong to an owner group: from now on its orders are checked against the group as well."""
    group, _ = await write.runtime.log.state(OWNER_GROUP, key(body.group))
    if not group.name:
        raise Refused("unknown-group", f"there is no owner group {body.group}: define it first", group=body.group)
    return await step(
        write, dealer, JoinGroup(group=body.group, reason=body.reason, by=write.caller.login, on=write.today)
    )


@router.post("/dealers/{dealer}/group/leave", problems=("in-no-group", "stage-wrong"), **EDIT)
async def leave_group(dealer: UUID, body: Reasoned, write: Write) -> Response:
    """Let the dealer leave its owner group."""
    return await step(write, dealer, LeaveGroup(reason=body.reason, by=write.caller.login, on=write.today))
