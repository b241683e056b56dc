"""Consigned stock of a dealer, as it counts in exposure: the report behind the figure, as of a day, known at a cut."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.consigned import NONE, consigned_of
from credit_rating.evidence import TIERING
from credit_rating.known_at import KnownAt, cut_known_at, token_of
from eventlog.position import cut_to_json
from events.fields import Day
from service.context import Read
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("consigned")


class ConsignedView(BaseModel):
    """What of ours a dealer holds at the end of `as_of`, tax included; `report` is the event of the report that counts.

    All four of the report are null before the first one.
    """

    dealer: UUID
    as_of: date
    known_at: str
    cut: dict[str, dict[str, int]]
    value: Money
    report: UUID | None
    reported_on: date | None
    source: str | None
    number: str | None


@router.get("/dealers/{dealer}/consigned-stock", permission="limit.read", answers=ConsignedView)
async def consigned_stock_of(
    dealer: UUID, read: Read, as_of: Day | None = None, known_at: KnownAt = None
) -> ConsignedView:
    """Consigned stock by the latest report of that day or before; a moment `known_at` is of the reports' log."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at, of=TIERING)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        held = (await consigned_of(conn, [dealer], day, cut)).get(dealer, NONE)
    known = {"dealer": dealer, "as_of": day, "known_at": token_of(cut), "cut": cut_to_json(cut)}
    return ConsignedView.model_validate(known | held._asdict())
