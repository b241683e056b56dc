"""The entries of a dealer's ledger: what every figure of its receivables leads down to."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.evidence import bounds, within
from credit_rating.known_at import KnownAt, KnownPage, cut_known_at, known_page
from credit_rating.projections.period_step import late
from credit_rating.snapshot import SERVICE
from events.fields import Day
from service.context import Read
from service.listing import Asked, Listing, at_least, at_most, equals
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("ledger")
Kind = Literal[
    "invoice", "payment", "bounce", "bill", "dishonour", "credit_note", "write_off", "recovery", "dispute",
    "settlement", "reversal", "allocation",
]  # fmt: skip
TAKEN_BACK = """exists (
    select from ledger_entry r
    where r.dealer = e.dealer and r.kind = 'reversal' and r.reversed = e.event
        and r.sequence <= coalesce(($2::bigint[])[r.partition + 1], 0)
)"""
COLUMNS = f"""e.event as id, e.dealer, e.kind, e.origin as source, e.number, e.amount, e.dated, e.due_on, e.method,
    e.invoice, e.order_number as "order", e.allocations, e.outcome, e.reason, e.purpose, e.claim, e.approved_by,
    e.reversed as reverses, e.allocates, {TAKEN_BACK} as taken_back, {late(2)} as late, e.importid, e.importrow,
    e.recorded_at, e.partition, e.sequence"""
"""An entry `e` as it is shown, known within the cut whose bounds are parameter 2."""
ROWS = f"select {COLUMNS} from ledger_entry e where e.dealer = $1 and {within(2)}"


class Allocated(BaseModel):
    """An invoice that a payment, or a later allocation of its money, names; `amount` null = as much as is open."""

    invoice: str
    amount: Money | None


class LedgerEntryView(BaseModel):
    """One entry; `taken_back` if a later entry reverses it, `reverses` the entry that this one takes back.

    `allocates` is the entry whose money this one names, `approved_by` who did so or approved a write-off; `late` if its
    month was closed when it came.
    """

    id: UUID
    kind: str
    source: str
    number: str
    amount: Money | None
    dated: date | None
    due_on: date | None
    method: str | None
    invoice: str | None
    order: str | None
    allocations: list[Allocated]
    outcome: str | None
    reason: str | None
    purpose: str | None
    claim: str | None
    approved_by: str | None
    reverses: UUID | None
    allocates: UUID | None
    taken_back: bool
    late: bool
    importid: str | None
    importrow: int | None
    recorded_at: datetime
    partition: int
    sequence: int


ENTRIES = Listing(
    ROWS,
    LedgerEntryView,
    key=("sequence",),
    sorts=("sequence", "dated", "due_on", "amount", "kind", "number"),
    nullable=("dated", "due_on", "amount"),
    default="sequence",
    filters={
        "kind": equals("kind", Kind),
        "source": equals("source"),
        "number": equals("number"),
        "dated_from": at_least("dated", Day),
        "dated_to": at_most("dated", Day),
        "taken_back": equals("taken_back", bool),
        "late": equals("late", bool),
    },
)


@router.get("/dealers/{dealer}/ledger", permission="receivables.read", answers=KnownPage[LedgerEntryView])
async def list_entries(
    dealer: UUID, read: Read, asked: Annotated[Asked, Depends(ENTRIES.asked)], known_at: KnownAt = None
) -> KnownPage[LedgerEntryView]:
    """Entries of a dealer, as they were recorded unless sorted otherwise, as far as they were known at a cut."""
    cut = await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer, bounds(cut, SERVICE))
    page = asked.page([entry_row(row) for row in rows], LedgerEntryView)
    return KnownPage[LedgerEntryView](**known_page(page, cut))


def entry_row(row: Any) -> dict[str, Any]:
    """A row of `COLUMNS` with its JSON read."""
    return dict(row) | {"allocations": json.loads(row["allocations"] or "[]")}
