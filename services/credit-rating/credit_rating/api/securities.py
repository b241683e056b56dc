"""The register of securities: over the caller's scope with what expires soon, of one dealer, and what changes in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from credit_rating.api.money import Money
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
from service.context import Read, Write, WriteContext
from service.paging import Keyset, Page, PageOf
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("securities")
PATH = "/dealers/{dealer}/securities"
FIRST_TO_EXPIRE = Keyset("expires_on", "id")
STATE = "case when s.released_on is not null then 'released' when s.expires_on < $1 then 'expired' else 'valid' end"
LIST = f"""
select * from (
    select s.security as id, s.dealer, d.code, d.name, s.kind, s.owner, s.description, s.value, s.valued_on, s.rank,
        s.registration, s.registered_on, s.expires_on, s.guarantor, s.file, s.released_on, s.released_because,
        {STATE} as state
    from security s join dealer d using (dealer) where s.kind is not null and ($2::uuid is null or s.dealer = $2)
) as s where ($3::text is null or kind = $3) and ($4::text is null or state = $4)
    and ($5::date is null or (state = 'valid' and expires_on <= $5)) and {{after}} {{order}} limit {{limit}}
"""
State = Literal["valid", "expired", "released"]
KindAsked = Annotated[SecurityKind | None, Query(description="only of this kind")]
StateAsked = Annotated[State | None, Query(description="only those in this state today")]
Within = Annotated[int | None, Query(ge=0, le=3650, description="only valid ones that expire within so many days")]
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


class SecurityView(BaseModel):
    """An entry of the register; `state` is that of today, by date."""

    id: UUID
    dealer: UUID
    code: str | None
    name: str | None
    kind: str
    owner: str
    description: str
    value: Money
    valued_on: date
    rank: int
    registration: str
    registered_on: date
    expires_on: date
    guarantor: Guarantor | None
    file: str | None
    state: str
    released_on: date | None
    released_because: str | None


class HeldView(BaseModel):
    """The entry that was changed, and how many the dealer has that were not released."""

    id: UUID
    held: int


@router.get("/securities", permission="security.read", answers=Page[SecurityView])
async def list_securities(
    read: Read, page: PageOf, kind: KindAsked = None, state: StateAsked = None, expiring_within: Within = None
) -> Page[SecurityView]:
    """The register over the caller's scope, what expires first first."""
    return await _listed(read, page, None, kind, state, expiring_within)


@router.get(PATH, permission="security.read", answers=Page[SecurityView])
async def securities_of(dealer: UUID, read: Read, page: PageOf) -> Page[SecurityView]:
    """A dealer's securities; the ETag is what each change names as If-Match."""
    _, version = await read.runtime.log.state(SECURITY, str(dealer))
    read.etag(version)
    return await _listed(read, page, dealer)


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


async def _listed(
    read: Any, page: Any, dealer: UUID | None, kind: str | None = None, state: str | None = None,
    within: int | None = None,
) -> Page[SecurityView]:  # fmt: skip
    until = None if within is None else read.today + timedelta(days=within)
    query = LIST.format(after=FIRST_TO_EXPIRE.after(page, 6), order=FIRST_TO_EXPIRE.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        if dealer:
            await require_dealer_in_scope(conn, dealer)
        rows = await conn.fetch(query, read.today, dealer, kind, state, until, *FIRST_TO_EXPIRE.values(page))
    found: Page[SecurityView] = page.of([_with_guarantor(row) for row in rows], FIRST_TO_EXPIRE, SecurityView)
    return found


def _with_guarantor(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(row) | {"guarantor": json.loads(row["guarantor"] or "null")}
