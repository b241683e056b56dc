"""Territories, each in a branch and in the hands of one representative (定人定域, domain.md 3.6)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict

from customer_registry.api.defining import DEFINING, define
from customer_registry.domain import branch, representative
from customer_registry.domain.command import OwnCode
from customer_registry.domain.territory import TERRITORY, AssignRepresentative, DefineTerritory, Territory, key
from events.decider import Refused
from events.fields import Day, Name
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router

router = Router("territories")
BY_CODE = Keyset("code")
COLUMNS = "code, name, branch, region, representative, since"
LIST = f"""
select {COLUMNS} from territory
where ($1::text is null or branch = $1) and ($2::text is null or region = $2) and {{after}} {{order}} limit {{limit}}
"""
ONE = f"select {COLUMNS}, version from territory where code = $1"


class TerritoryGiven(BaseModel):
    """A territory's code and name, and its branch; the region is the branch's."""

    model_config = ConfigDict(extra="forbid")
    code: OwnCode
    name: Name
    branch: OwnCode


class Assignment(BaseModel):
    """Who covers the territory, from which day on."""

    model_config = ConfigDict(extra="forbid")
    representative: OwnCode
    since: Day


class TerritoryView(BaseModel):
    """A territory, where it lies and whose it is."""

    code: str
    name: str
    branch: str
    region: str
    representative: str | None
    since: date | None


def view(code: str, state: Territory) -> TerritoryView:
    """A territory as its stream says it."""
    return TerritoryView(
        code=code,
        name=state.name,
        branch=state.branch,
        region=state.region,
        representative=state.representative or None,
        since=state.since,
    )


@router.post("/territories", permission="organisation.define", answers=TerritoryView,
             problems=("unknown-branch", "territory-fixed", *DEFINING))  # fmt: skip
async def define_territory(body: TerritoryGiven, write: Write) -> Response:
    """Let there be a territory in a branch, or rename it (If-Match); its branch stays."""
    above, _ = await write.runtime.log.state(branch.BRANCH, branch.key(body.branch))
    if not above.name:
        raise Refused("unknown-branch", f"there is no branch {body.branch}: define it first", branch=body.branch)
    command = DefineTerritory(code=body.code, name=body.name, branch=body.branch, region=above.region)
    written = await define(write, TERRITORY, key(body.code), command)
    return write.answer(written, view(body.code, written.state), location=f"/territories/{body.code}")


@router.post("/territories/{code}/representative", permission="organisation.define", answers=TerritoryView, edits=True,
             status=200, problems=("unknown-representative", "representative-elsewhere"))  # fmt: skip
async def assign_representative(code: OwnCode, body: Assignment, write: Write) -> Response:
    """Give the territory to a representative of its branch from a day on."""
    person, _ = await write.runtime.log.state(representative.REPRESENTATIVE, representative.key(body.representative))
    if not person.name:
        raise Refused("unknown-representative", f"{body.representative} is no representative: register the login first")
    command = AssignRepresentative(territory=code, representative=body.representative, since=body.since)

    async def prepare(state: Territory) -> AssignRepresentative:
        if state.branch and state.branch != person.branch:
            raise Refused(
                "representative-elsewhere",
                f"{body.representative} works in {person.branch}, the territory lies in {state.branch}",
            )
        return command

    written = await write.handle(TERRITORY, key(code), command, prepare=prepare)
    return write.answer(written, view(code, written.state))


@router.get("/territories", permission="organisation.read", answers=Page[TerritoryView])
async def list_territories(
    read: Read,
    page: PageOf,
    branch: Annotated[str | None, Query(max_length=64)] = None,
    region: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[TerritoryView]:
    """Territories, by code; of one branch or region if it is named."""
    query = LIST.format(after=BY_CODE.after(page, 3), order=BY_CODE.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, branch, region, *BY_CODE.values(page))
    return page.of(rows, BY_CODE, TerritoryView)


@router.get("/territories/{code}", permission="organisation.read", answers=TerritoryView)
async def read_territory(code: str, read: Read) -> TerritoryView:
    """One territory, with its version as ETag."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, code)
    if row is None:
        raise Problem("not-found", f"There is no territory {code}.")
    read.etag(row["version"])
    return TerritoryView.model_validate(dict(row))
