"""Delegations: an absent approver of reviews lets somebody else act in their role for some days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict

from credit_rating.closed import Closed
from credit_rating.domain.delegation import DELEGATION, Delegate, Revoke
from events import ApprovalDelegated
from events.fields import Code, Day, Said
from service.context import Read, Write
from service.listing import Asked, Filter, Listing, equals
from service.paging import Page
from service.permissions import AUDITOR
from service.problems import Problem
from service.routing import Router

router = Router("delegations")
COLUMNS = 'delegation, role, reach, code, by, "to", first_day, last_day, coalesce(revoked, false) as revoked'
ONE = f"select {COLUMNS}, reason from delegation where delegation = $1"
ROWS = f"select {COLUMNS} from delegation where role is not null"


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


class DelegationRow(BaseModel):
    """Who may act for whom, in which role and scope, on which days."""

    delegation: UUID
    role: str
    reach: str
    code: str
    by: str
    to: str
    first_day: date
    last_day: date
    revoked: bool = False


class DelegationView(DelegationRow):
    """One delegation; why it was given is shown to who gave it, to whom it was given and to an auditor."""

    reason: str | None


DELEGATIONS = Listing(
    ROWS,
    DelegationRow,
    key=("delegation",),
    sorts=("last_day", "first_day", "role", "by", "to"),
    default="-last_day",
    filters={
        "on": Filter(Day, "({} between first_day and last_day and not revoked)"),
        "role": equals("role"),
        "by": equals("by"),
        "to": equals('"to"'),
        "revoked": equals("revoked", bool),
    },
)


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


@router.get("/delegations", permission="delegation.read", answers=Page[DelegationRow])
async def list_delegations(read: Read, asked: Annotated[Asked, Depends(DELEGATIONS.asked)]) -> Page[DelegationRow]:
    """Delegations of the caller's scope, or given by or to the caller, the latest first; `on` those of a day."""
    async with read.snapshot() as conn:
        rows = await asked.rows(conn)
    return asked.page(rows, DelegationRow)


@router.get("/delegations/{delegation}", permission="delegation.read", answers=DelegationView)
async def read_delegation(delegation: UUID, read: Read) -> DelegationView:
    """One delegation; its ETag is what a revocation names."""
    async with read.snapshot() as conn:
        row = await conn.fetchrow(ONE, delegation)
        if row is None:
            raise Problem("not-found", "There is no such delegation.", retryable=True)
        await read.shows(conn, DELEGATION, f"delegation-{delegation}")
    concerned = read.caller.role == AUDITOR or read.caller.login in (row["by"], row["to"])
    return DelegationView.model_validate(dict(row) | ({} if concerned else {"reason": None}))


@router.post("/delegations/{delegation}/revocation", permission="delegation.give", answers=RevokedView, edits=True,
             status=200, problems=("not-entitled",))  # fmt: skip
async def revoke(delegation: UUID, body: RevokeBody, write: Write) -> Response:
    """End a delegation of one's own before its last day."""
    command = Revoke(by=write.caller.login, reason=body.reason)
    written = await write.handle(DELEGATION, f"delegation-{delegation}", command)
    return write.answer(written, RevokedView(delegation=delegation, revoked=True))
