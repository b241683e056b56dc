"""One entry of a ledger taken back, with a reason: the right document may then come again (ADR 0006)."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict

from credit_rating import revisions
from credit_rating.api.ledger import recorder_of
from credit_rating.closed import Closed
from credit_rating.revisions import reversal_id
from events import LedgerEntryReversed
from events.decider import Refused
from events.fields import Said
from events.ids import request_hash
from service.context import Write
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("ledger")
ENTRY = "select kind, origin, number from ledger_entry where dealer = $1 and event = $2"


class TakeBack(Closed):
    """Why the entry was never so."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Booked under the wrong payment number."}]})

    reason: Said


class ReversalView(BaseModel):
    """The reversal (`id`) and the entry that it takes back."""

    id: UUID
    dealer: UUID
    reverses: UUID
    kind: str
    source: str
    number: str
    reason: str


@router.post("/dealers/{dealer}/ledger/{entry}/reversal", permission="ledger.correct", answers=ReversalView,
             problems=("already-reversed", "not-reversible"))  # fmt: skip
async def reverse_entry(dealer: UUID, entry: UUID, body: TakeBack, write: Write) -> Response:
    """Take one entry back by a new one; an entry is taken back once, and a reversal never."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        row = await conn.fetchrow(ENTRY, dealer, entry)
    if row is None:
        raise Problem("not-found", "The ledger of this dealer has no such entry.", retryable=True)
    if row["kind"] == "reversal":
        raise Refused("not-reversible", "A reversal stands; record the document that it took back again.")
    event = LedgerEntryReversed(
        entry=str(entry), kind=row["kind"], source=row["origin"], number=row["number"], reason=body.reason
    )
    command, request, recorder = reversal_id(entry), write.command(), recorder_of(write)
    content = request_hash({"entry": str(entry), "reason": body.reason, "request": str(request)})
    known = await write.runtime.log.answered(request, content)
    if known is None:
        fact = recorder.fact(dealer, command, content, event, request=request)
        (verdict,) = await write.runtime.log.record([fact])
        if verdict.kind == "conflict":
            raise Refused("already-reversed", f"The {row['kind']} {row['number']} is taken back already.")
        known = (await revisions.known(write.runtime.log.pool, [command]))[command]
    view = ReversalView(
        id=known.event, dealer=dealer, reverses=entry, kind=row["kind"], source=row["origin"], number=row["number"],
        reason=body.reason,
    )  # fmt: skip
    return write.answer(known.position, view)
