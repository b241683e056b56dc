"""What waits for a document that its ledger does not hold: a bounce of a wrong number, money for an unknown invoice."""

from __future__ import annotations

from datetime import date
from importlib.resources import files
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.entries import Kind
from credit_rating.api.money import Money
from credit_rating.evidence import bounds, within
from credit_rating.known_at import AsOfPage, KnownAt, as_of_page, cut_known_at
from credit_rating.snapshot import SERVICE
from events.fields import Day, Days
from service.context import Read
from service.listing import Asked, Listing, at_least, equals
from service.routing import Router

router = Router("receivables")
ROWS = (
    files("credit_rating").joinpath("waiting.sql").read_text("utf-8").format(within=within(1), within_e=within(1, "e."))
)
Wanted = Literal["payment", "bill", "invoice"]


class WaitingRow(BaseModel):
    """An entry that names a document (`waits_for`) which its dealer's ledger does not hold, `days` since its date.

    `elsewhere`: the code of a dealer in scope that has it: what is said here was meant for there.
    """

    dealer: UUID
    code: str | None
    name: str | None
    entry: UUID
    kind: str
    number: str
    source: str
    dated: date
    amount: Money | None
    reason: str | None
    waits_for_kind: Wanted
    waits_for: str
    days: int
    elsewhere: str | None


WAITING = Listing(
    ROWS,
    WaitingRow,
    key=("entry", "waits_for"),
    sorts=("dated", "code", "kind", "number", "amount"),
    nullable=("code", "amount"),
    default="dated",
    filters={
        "kind": equals("kind", Kind),
        "waits_for_kind": equals("waits_for_kind", Wanted),
        "days_from": at_least("days", Days),
        "territory": equals("territory"),
        "branch": equals("branch"),
        "region": equals("region"),
    },
)


@router.get("/receivables/waiting", permission="receivables.read", answers=AsOfPage[WaitingRow])
async def what_waits(
    read: Read, asked: Annotated[Asked, Depends(WAITING.asked)], as_of: Day | None = None, known_at: KnownAt = None
) -> AsOfPage[WaitingRow]:
    """Every entry that waits for a document not known (yet), the longest first; each leaves by itself once it comes."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, bounds(cut, SERVICE), day)
    return AsOfPage[WaitingRow](**as_of_page(asked.page(rows, WaitingRow), read, day, cut))
