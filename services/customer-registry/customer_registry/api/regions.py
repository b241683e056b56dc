"""Regions (大区)."""

from __future__ import annotations

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from customer_registry.api.defining import DEFINING, define
from customer_registry.domain.command import OwnCode
from customer_registry.domain.region import REGION, DefineRegion, key
from events.fields import Name
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router

router = Router("regions")
BY_CODE = Keyset("code")
LIST = "select code, name from region where {after} {order} limit {limit}"
ONE = "select code, name, version from region where code = $1"


class RegionGiven(BaseModel):
    """A region's code and name."""

    model_config = ConfigDict(extra="forbid")
    code: OwnCode
    name: Name


class RegionView(BaseModel):
    """A region."""

    code: str
    name: str


@router.post("/regions", permission="organisation.define", answers=RegionView, problems=DEFINING)
async def define_region(body: RegionGiven, write: Write) -> Response:
    """Let there be a region, or rename it (If-Match)."""
    written = await define(write, REGION, key(body.code), DefineRegion(code=body.code, name=body.name))
    view = RegionView(code=body.code, name=written.state.name)
    return write.answer(written, view, location=f"/regions/{body.code}")


@router.get("/regions", permission="organisation.read", answers=Page[RegionView])
async def list_regions(read: Read, page: PageOf) -> Page[RegionView]:
    """Regions, by code."""
    query = LIST.format(after=BY_CODE.after(page, 1), order=BY_CODE.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, *BY_CODE.values(page))
    return page.of(rows, BY_CODE, RegionView)


@router.get("/regions/{code}", permission="organisation.read", answers=RegionView)
async def read_region(code: str, read: Read) -> RegionView:
    """One region, with its version as ETag."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, code)
    if row is None:
        raise Problem("not-found", f"There is no region {code}.")
    read.etag(row["version"])
    return RegionView(code=row["code"], name=row["name"])
