"""Delegations: an absent approver of reviews lets somebody else act in their role for some days."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from credit_rating.closed import Closed
from credit_rating.domain.delegation import DELEGATION, Delegate, Revoke
from events import ApprovalDelegated
from events.fields import Code, Day, Said
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router

router = Router("delegations")
LATEST_FIRST = Keyset("last_day", "delegation", descending=True)
COLUMNS = 'delegation, role, reach, code, by, "to", first_day, last_day, reason, coalesce(revoked, false) as revoked'
ONE = f"select {COLUMNS} from delegation where delegation = $1"
LIST = f"select {COLUMNS} from delegation where role is not null and {{after}} {{order}} limit {{limit}}"


class DelegateBody(Closed):
    """To whom, for which days (both included, at most 92 apart), and why; the role and scope are the caller's own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"to": "zhou.min", "first_day": "2026-07-01", "last_day": "2026-07-14", "reason": "Annual leave."}
            ]
        }
    )

    to: Code
    first_day: Day
    last_day: Day
    reason: Said


class RevokeBody(Closed):
    """Why it ends early."""

    reason: Said


class DelegationView(BaseModel):
    """Who may act for whom, in which role and scope, on which days."""

    delegation: UUID
    role: str
    reach: str
    code: str
    by: str
    to: str
    first_day: date
    last_day: date
    reason: str
    revoked: bool = False


class RevokedView(BaseModel):
    """A delegation that was taken back."""

    delegation: UUID
    revoked: bool


@router.post("/delegations", permission="delegation.give", answers=DelegationView,
             problems=("delegation-to-oneself", "dates-implausible"))  # fmt: skip
async def delegate(body: DelegateBody, write: Write) -> Response:
    """Let somebody act in the caller's role and scope."""
    delegation, caller = write.command("delegation"), write.caller
    command = Delegate.model_validate(
        body.model_dump()
        | {"role": caller.role, "reach": caller.reach, "code": caller.code, "by": caller.login, "today": write.today}
    )
    written = await write.handle(DELEGATION, f"delegation-{delegation}", command)
    given: Any = written.events[0]
    assert isinstance(given, ApprovalDelegated)
    view = DelegationView(delegation=delegation, **given.model_dump())
    return write.answer(written, view, location=f"/delegations/{delegation}")


@router.get("/delegations", permission="delegation.read", answers=Page[DelegationView])
async def list_delegations(read: Read, page: PageOf) -> Page[DelegationView]:
    """Every delegation, the latest first."""
    query = LIST.format(after=LATEST_FIRST.after(page, 1), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        rows = await conn.fetch(query, *LATEST_FIRST.values(page))
    return page.of([dict(row) for row in rows], LATEST_FIRST, DelegationView)


@router.get("/delegations/{delegation}", permission="delegation.read", answers=DelegationView)
async def read_delegation(delegation: UUID, read: Read) -> DelegationView:
    """One delegation; its ETag is what a revocation names."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, delegation)
    if row is None:
        raise Problem("not-found", "There is no such delegation.", retryable=True)
    _, version = await read.runtime.log.state(DELEGATION, f"delegation-{delegation}")
    read.etag(version)
    return DelegationView.model_validate(dict(row))


@router.post("/delegations/{delegation}/revocation", permission="delegation.give", answers=RevokedView, edits=True,
             status=200, problems=("not-entitled",))  # fmt: skip
async def revoke(delegation: UUID, body: RevokeBody, write: Write) -> Response:
    """End a delegation of one's own before its last day."""
    command = Revoke(by=write.caller.login, reason=body.reason)
    written = await write.handle(DELEGATION, f"delegation-{delegation}", command)
    return write.answer(written, RevokedView(delegation=delegation, revoked=True))
