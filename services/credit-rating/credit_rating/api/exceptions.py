"""The register of exceptions: who did otherwise than the rule, when, and why; and which facts came late."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.actors import actors_of
from credit_rating.api.money import Money
from credit_rating.domain.exceptions import BACK_DATED_BEYOND_DAYS, ExceptionKind
from credit_rating.evidence import bounds, within
from credit_rating.known_at import KnownAt, KnownPage, cut_known_at, known_page
from credit_rating.projections.period_step import DATED, late
from credit_rating.snapshot import SERVICE
from events.fields import Day, Days
from service.context import Read
from service.listing import Asked, Listing, Row, at_least, at_most, equals
from service.routing import Router

router = Router("exceptions")
ROWS = (
    (files("credit_rating") / "exceptions.sql")
    .read_text("utf-8")
    .format(
        within=within(1),
        within_r=within(1, "r."),
        within_e=within(1, "e."),
        within_s=within(1, "s."),
        within_p=within(1, "p."),
        dated=DATED,
        late=late(1),
    )
)


class ExceptionRow(BaseModel):
    """One exception; a group's limit is about no one dealer.

    `about`: the number of the document or order, the indicator, the step, or the override's id. `dated`: the business
    date; `days`: how many days after it a back-dated fact was recorded. `acting_for`: who delegated the step.
    `event` is told at `link` of reporting.
    """

    kind: ExceptionKind
    dealer: UUID | None
    code: str | None
    name: str | None
    territory: str | None
    branch: str | None
    region: str | None
    about: str
    dated: date | None
    recorded_at: datetime
    days: int | None
    by: str | None
    acting_for: str | None
    reason: str | None
    amount: Money | None
    event: UUID
    partition: int
    sequence: int
    link: str


EXCEPTIONS = Listing(
    ROWS,
    ExceptionRow,
    key=("event", "kind", "about"),
    sorts=("recorded_at", "kind", "dated", "days", "amount", "code"),
    nullable=("dated", "days", "amount", "code"),
    default="-recorded_at",
    filters={
        "kind": equals("kind", ExceptionKind),
        "dealer": equals("dealer", UUID),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
        "recorded_from": at_least("recorded_on", Day),
        "recorded_to": at_most("recorded_on", Day),
        "days_from": at_least("days", Days),
    },
)


@router.get("/exceptions", permission="exception.read", answers=KnownPage[ExceptionRow])
async def list_exceptions(
    read: Read, asked: Annotated[Asked, Depends(EXCEPTIONS.asked)], known_at: KnownAt = None
) -> KnownPage[ExceptionRow]:
    """Exceptions in the caller's scope, the last recorded first, as far as they were known at a cut."""
    cut = await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        zone, whole = str(read.runtime.settings.zone), read.caller.reach == "company"
        rows = await asked.rows(conn, bounds(cut, SERVICE), zone, BACK_DATED_BEYOND_DAYS, whole)
    unnamed = [(row["partition"], row["sequence"]) for row in rows if row["who"] is None]
    actors = await actors_of(read.runtime.pool, unnamed)
    listed = asked.page([_row(row, actors) for row in rows], ExceptionRow)
    return KnownPage[ExceptionRow](**known_page(listed, cut))


def _row(row: Row, actors: dict[tuple[int, int], str]) -> dict[str, Any]:
    partition, sequence = row["partition"], row["sequence"]
    who = row["who"] or actors.get((partition, sequence))
    return dict(row) | {"by": who, "link": f"/events/{SERVICE}/{partition}/{sequence}"}
