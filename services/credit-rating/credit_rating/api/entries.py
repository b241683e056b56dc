"""The entries of a dealer's ledger: what every figure of its receivables leads down to."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.evidence import bounds, within
from credit_rating.known_at import KnownAt, cut_known_at
from credit_rating.snapshot import SERVICE
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("ledger")
BY_SEQUENCE = Keyset("sequence")
REVERSALS = f"select reversed as taken from ledger_entry where dealer = $1 and kind = 'reversal' and {within(2)}"
LIST = f"""
select e.event as id, e.kind, e.origin as source, e.number, e.amount, e.dated, e.due_on, e.method, e.invoice,
    e.order_number as "order", e.allocations, e.outcome, e.reason, e.reversed as reverses,
    e.event in ({REVERSALS}) as taken_back, e.importid, e.importrow, e.recorded_at, e.partition, e.sequence
from ledger_entry e where e.dealer = $1 and {within(2)} and {{after}} {{order}} limit {{limit}}
"""


class Allocated(BaseModel):
    """An invoice that a payment names; `amount` null = as much as is open."""

    invoice: str
    amount: Money | None


class LedgerEntryView(BaseModel):
    """One entry; `taken_back` if a later entry reverses it, `reverses` the entry that this one takes back."""

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
    reverses: UUID | None
    taken_back: bool
    importid: str | None
    importrow: int | None
    recorded_at: datetime
    partition: int
    sequence: int


@router.get("/dealers/{dealer}/ledger", permission="receivables.read", answers=Page[LedgerEntryView])
async def list_entries(dealer: UUID, read: Read, page: PageOf, known_at: KnownAt = None) -> Page[LedgerEntryView]:
    """Entries of a dealer in the order in which they were recorded, as far as they were known at a cut."""
    cut = await cut_known_at(read.runtime, known_at)
    query = LIST.format(after=BY_SEQUENCE.after(page, 3), order=BY_SEQUENCE.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await conn.fetch(query, dealer, bounds(cut, SERVICE), *BY_SEQUENCE.values(page))
    return page.of([_row(row) for row in rows], BY_SEQUENCE, LedgerEntryView)


def _row(row: Any) -> dict[str, Any]:
    return dict(row) | {"allocations": json.loads(row["allocations"] or "[]")}
