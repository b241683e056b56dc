"""A dealer's history from the log itself: who did what, when, and where it stands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from eventlog.position import Position
from eventlog.reading import LogRow
from events import decode
from service.context import Read
from service.paging import Keyset, Page, PageOf
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("history")
BY_SEQUENCE = Keyset("sequence")


class EventView(BaseModel):
    """One event in its current version: its actor, its two times, its place in the log, its file and row."""

    id: UUID
    type: str
    business_date: date
    recorded_at: datetime
    actor: str
    data: dict[str, Any]
    position: str
    import_id: str | None
    import_row: int | None


@router.get("/dealers/{dealer}/history", permission="dealer.read", answers=Page[EventView])
async def read_history(dealer: UUID, read: Read, page: PageOf) -> Page[EventView]:
    """Every event of the dealer in the registry's log, oldest first."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
    after = page.keys[0] if page.keys else 0
    rows = [row for row in await read.runtime.log.read_key(str(dealer)) if row.sequence > after]
    return page.of([told(read.runtime.name, row) for row in rows[: page.limit + 1]], BY_SEQUENCE, EventView)


def told(service: str, row: LogRow) -> dict[str, Any]:
    """An event of the log as history tells it, lifted to its current version."""
    recorded = decode(row.document)
    return {
        "id": row.id,
        "type": recorded.type,
        "business_date": recorded.businessdate,
        "recorded_at": row.recorded_at,
        "actor": recorded.actor,
        "data": recorded.event.model_dump(mode="json"),
        "position": str(Position(service, row.partition, row.sequence, row.lineage)),
        "import_id": recorded.imported.id if recorded.imported else None,
        "import_row": recorded.imported.row if recorded.imported else None,
        "sequence": row.sequence,
    }
