"""Sales representatives (业务员), each in a branch."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from customer_registry.api.defining import DEFINING, define
from customer_registry.domain import branch
from customer_registry.domain.command import OwnCode
from customer_registry.domain.representative import REPRESENTATIVE, RegisterRepresentative, key
from events.decider import Refused
from events.fields import Name
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router

router = Router("representatives")
BY_LOGIN = Keyset("login")
LIST = """
select login, name, branch from representative
where ($1::text is null or branch = $1) and {after} {order} limit {limit}
"""
ONE = "select login, name, branch, version from representative where login = $1"


class RepresentativeGiven(BaseModel):
    """A representative's login and name, and the branch."""

    model_config = ConfigDict(extra="forbid")
    login: OwnCode
    name: Name
    branch: OwnCode


class RepresentativeView(BaseModel):
    """A representative."""

    login: str
    name: str
    branch: str


@router.post("/representatives", permission="organisation.define", answers=RepresentativeView,
             problems=("unknown-branch", *DEFINING))  # fmt: skip
async def register_representative(body: RepresentativeGiven, write: Write) -> Response:
    """Let a login be a representative of a branch, or rename or move it (If-Match)."""
    above, _ = await write.runtime.log.state(branch.BRANCH, branch.key(body.branch))
    if not above.name:
        raise Refused("unknown-branch", f"there is no branch {body.branch}: define it first", branch=body.branch)
    written = await define(write, REPRESENTATIVE, key(body.login), RegisterRepresentative(**body.model_dump()))
    view = RepresentativeView(login=body.login, name=written.state.name, branch=written.state.branch)
    return write.answer(written, view, location=f"/representatives/{body.login}")


@router.get("/representatives", permission="organisation.read", answers=Page[RepresentativeView])
async def list_representatives(
    read: Read, page: PageOf, branch: Annotated[str | None, Query(max_length=64)] = None
) -> Page[RepresentativeView]:
    """Representatives, by login; of one branch if it is named."""
    query = LIST.format(after=BY_LOGIN.after(page, 2), order=BY_LOGIN.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, branch, *BY_LOGIN.values(page))
    return page.of(rows, BY_LOGIN, RepresentativeView)


@router.get("/representatives/{login}", permission="organisation.read", answers=RepresentativeView)
async def read_representative(login: str, read: Read) -> RepresentativeView:
    """One representative, with its version as ETag."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, login)
    if row is None:
        raise Problem("not-found", f"There is no representative {login}.")
    read.etag(row["version"])
    return RepresentativeView.model_validate(dict(row))
