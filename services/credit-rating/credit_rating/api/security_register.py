"""The register of securities as it is read: over the caller's scope or of one dealer, as of any day, at any cut."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.domain.security import SECURITY
from credit_rating.evidence import bounds, within
from credit_rating.known_at import KnownAt, KnownPage, cut_known_at, known_page
from credit_rating.snapshot import SERVICE
from events import Guarantor
from events.fields import Day
from events.types.standing import SecurityKind
from service.context import Read
from service.listing import Asked, Filter, Listing, Row, equals
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("securities")
ROWS = (files("credit_rating") / "securities.sql").read_text("utf-8").format(within=within(2))
State = Literal["valid", "expired", "released"]
Within = Annotated[int, Query(ge=0, le=3650, description="only valid ones that expire within so many days")]


class SecurityView(BaseModel):
    """An entry of the register; `state` is that of the day asked about, by date."""

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
    state: State
    released_on: date | None
    released_because: str | None


class SecuritiesPage(KnownPage[SecurityView]):
    """A page of the register as of a day, known at a cut."""

    as_of: date


SECURITIES = Listing(
    ROWS,
    SecurityView,
    key=("id",),
    sorts=("expires_on", "value", "kind", "owner", "valued_on", "registered_on", "state", "code"),
    nullable=("code",),
    default="expires_on",
    filters={
        "kind": equals("kind", SecurityKind),
        "state": equals("state", State),
        "expiring_within": Filter(Within, "(state = 'valid' and days_left <= {}::integer)"),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)


@router.get("/securities", permission="security.read", answers=SecuritiesPage)
async def list_securities(
    read: Read, asked: Annotated[Asked, Depends(SECURITIES.asked)], as_of: Day | None = None, known_at: KnownAt = None
) -> SecuritiesPage:
    """The register over the caller's scope, what expires first first."""
    return await _listed(read, asked, None, as_of, known_at)


@router.get("/dealers/{dealer}/securities", permission="security.read", answers=SecuritiesPage)
async def securities_of(
    dealer: UUID, read: Read, asked: Annotated[Asked, Depends(SECURITIES.asked)], as_of: Day | None = None,
    known_at: KnownAt = None,
) -> SecuritiesPage:  # fmt: skip
    """A dealer's securities; the ETag is what each change names as If-Match."""
    return await _listed(read, asked, dealer, as_of, known_at)


async def _listed(
    read: Read, asked: Asked, dealer: UUID | None, as_of: date | None, known_at: str | None
) -> SecuritiesPage:
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        if dealer:
            await require_dealer_in_scope(conn, dealer)
            await read.shows(conn, SECURITY, str(dealer), cut)
        rows = await asked.rows(conn, day, bounds(cut, SERVICE), dealer)
    page = asked.page([_row(row) for row in rows], SecurityView)
    return SecuritiesPage(**known_page(page, cut), as_of=day)


def _row(row: Row) -> dict[str, Any]:
    return dict(row) | {"guarantor": json.loads(row["guarantor"] or "null")}
