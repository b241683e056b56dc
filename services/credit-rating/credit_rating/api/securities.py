"""What changes in the register of securities: entered, valued anew, renewed, released."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from credit_rating.closed import Closed
from credit_rating.domain.security import (
    SECURITY,
    RegisterSecurity,
    ReleaseSecurity,
    RenewSecurity,
    RevalueSecurity,
    Securities,
)
from events import Guarantor
from events.fields import Amount, Code, Day, Hash, Name, Said, Text
from events.types.standing import SecurityKind
from service.context import Write, WriteContext
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("securities")
PATH = "/dealers/{dealer}/securities"
PROBLEMS: dict[str, Any] = {"edits": True, "status": 200, "problems": ("security-not-held", "dates-implausible")}

REGISTERING = ("dates-implausible", "too-many-open", "guarantor-missing", "guarantor-misplaced", "claim-taken")


class GuarantorBody(Closed):
    """A guarantor's standing, what it could pay, and when that was assessed."""

    standing: Said
    capacity: Amount
    assessed_on: Day


class Register(Closed):
    """What secures the dealer's debt; of a guarantee, who guarantees and what that is worth."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "mortgage", "owner": "Hangzhou Best Trade", "value": "800000.00", "valued_on": "2026-06-01",
                 "registration": "HZ-2026-00417", "expires_on": "2028-05-31"}
            ]
        }
    )  # fmt: skip

    kind: SecurityKind
    owner: Name
    description: Text = ""
    value: Amount
    valued_on: Day
    rank: Annotated[int, Field(ge=1, le=99)] = 1
    registration: Code
    expires_on: Day
    guarantor: GuarantorBody | None = None
    file: Hash | None = None


class Revalue(Closed):
    """Another value, of which day, and why; of a guarantee, its guarantor assessed anew."""

    value: Amount
    valued_on: Day
    reason: Said
    guarantor: GuarantorBody | None = None
    file: Hash | None = None


class Renew(Closed):
    """The new last day, and on what ground."""

    expires_on: Day
    reason: Said


class Release(Closed):
    """Why it is given back."""

    reason: Said


class HeldView(BaseModel):
    """The entry that was changed, and how many the dealer has that were not released."""

    id: UUID
    held: int


@router.post(PATH, permission="security.enter", answers=HeldView, edits=True, problems=REGISTERING)
async def register_security(dealer: UUID, body: Register, write: Write) -> Response:
    """Enter a security; refused where its registration number stands in the register already."""
    security = str(write.command("security"))
    guarantor = Guarantor.model_validate(body.guarantor.model_dump()) if body.guarantor else None
    said = body.model_dump(exclude={"guarantor"}) | {"guarantor": guarantor}
    command = RegisterSecurity(security=security, **said, by=write.caller.login, today=write.today)
    return await _changed(write, dealer, UUID(security), command)


@router.post(f"{PATH}/{{security}}/valuation", permission="security.enter", answers=HeldView, **PROBLEMS)
async def revalue_security(dealer: UUID, security: UUID, body: Revalue, write: Write) -> Response:
    """Enter another value."""
    guarantor = Guarantor.model_validate(body.guarantor.model_dump()) if body.guarantor else None
    said = body.model_dump(exclude={"guarantor"}) | {"guarantor": guarantor}
    command = RevalueSecurity(security=str(security), **said, by=write.caller.login, today=write.today)
    return await _changed(write, dealer, security, command)


@router.post(f"{PATH}/{{security}}/renewal", permission="security.enter", answers=HeldView, **PROBLEMS)
async def renew_security(dealer: UUID, security: UUID, body: Renew, write: Write) -> Response:
    """Let it secure until a later day."""
    command = RenewSecurity(security=str(security), **body.model_dump(), by=write.caller.login, today=write.today)
    return await _changed(write, dealer, security, command)


@router.post(f"{PATH}/{{security}}/release", permission="security.release", answers=HeldView, **PROBLEMS)
async def release_security(dealer: UUID, security: UUID, body: Release, write: Write) -> Response:
    """Give it back; its number may be registered again."""
    command = ReleaseSecurity(security=str(security), reason=body.reason, by=write.caller.login, today=write.today)
    return await _changed(write, dealer, security, command)


async def _changed(write: WriteContext, dealer: UUID, security: UUID, command: Any) -> Response:
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    written = await write.handle(SECURITY, str(dealer), command)
    held: Securities = written.state
    return write.answer(written, HeldView(id=security, held=len(held.entries)))
