"""Branches (分支机构), each in a region."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from customer_registry.api.defining import DEFINING, define
from customer_registry.domain import region
from customer_registry.domain.branch import BRANCH, DefineBranch, key
from customer_registry.domain.command import OwnCode
from events.decider import Refused
from events.fields import Name
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router

router = Router("branches")
BY_CODE = Keyset("code")
LIST = """
select code, name, region from branch where ($1::text is null or region = $1) and {after} {order} limit {limit}
"""
ONE = "select code, name, region, version from branch where code = $1"


class BranchGiven(BaseModel):
    """A branch's code and name, and the region it belongs to."""

    model_config = ConfigDict(extra="forbid")
    code: OwnCode
    name: Name
    region: OwnCode


class BranchView(BaseModel):
    """A branch."""

    code: str
    name: str
    region: str


@router.post("/branches", permission="organisation.define", answers=BranchView,
             problems=("unknown-region", "branch-fixed", *DEFINING))  # fmt: skip
async def define_branch(body: BranchGiven, write: Write) -> Response:
    """Let there be a branch in a region, or rename it (If-Match); its region stays."""
    above, _ = await write.runtime.log.state(region.REGION, region.key(body.region))
    if not above.name:
        raise Refused("unknown-region", f"there is no region {body.region}: define it first", region=body.region)
    written = await define(write, BRANCH, key(body.code), DefineBranch(**body.model_dump()))
    view = BranchView(code=body.code, name=written.state.name, region=written.state.region)
    return write.answer(written, view, location=f"/branches/{body.code}")


@router.get("/branches", permission="organisation.read", answers=Page[BranchView])
async def list_branches(
    read: Read, page: PageOf, region: Annotated[str | None, Query(max_length=64)] = None
) -> Page[BranchView]:
    """Branches, by code; of one region if it is named."""
    query = LIST.format(after=BY_CODE.after(page, 2), order=BY_CODE.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, region, *BY_CODE.values(page))
    return page.of(rows, BY_CODE, BranchView)


@router.get("/branches/{code}", permission="organisation.read", answers=BranchView)
async def read_branch(code: str, read: Read) -> BranchView:
    """One branch, with its version as ETag."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, code)
    if row is None:
        raise Problem("not-found", f"There is no branch {code}.")
    read.etag(row["version"])
    return BranchView.model_validate(dict(row))
