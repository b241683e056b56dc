"""Money allocated later: what is left of a payment, bill or credit note pays these invoices from a day on."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from credit_rating.api.ledger import recorder_of
from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.domain.later_allocation import Allocate, allocate
from credit_rating.evidence import entries_of
from credit_rating.revisions import allocation_id, known
from credit_rating.snapshot import company_snapshot, positions
from credit_rating.standing import shown_to_the_last
from eventlog.meta import Known
from eventlog.reading import event_of
from events import AllocatedTo, PaymentAllocated
from events.decider import Refused
from events.fields import Amount, Code, Day, Said
from events.ids import request_hash
from rules.entries import LaterAllocation, LedgerEntry
from service.context import Write, WriteContext
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("ledger")
ENTRY = "select from ledger_entry where dealer = $1 and event = $2"
RECORDED = "select document from log.event where partition = $1 and sequence = $2"


class Named(Closed):
    """An invoice, and how much of it this money pays."""

    invoice: Code
    amount: Amount


class AllocateLater(Closed):
    """Which invoices the money pays from `allocated_on` on: at most what is left of it, and what is open of each."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "allocations": [{"invoice": "XS240800117", "amount": "1250.00"}],
                    "allocated_on": "2026-06-30", "reason": "The slip bore another number; the dealer confirmed.",
                }
            ]
        }
    )  # fmt: skip

    allocations: Annotated[tuple[Named, ...], Field(min_length=1, max_length=200)]
    allocated_on: Day
    reason: Said


class NamedView(BaseModel):
    """An invoice that the money pays, and how much of it."""

    invoice: str
    amount: Money


class AllocationView(BaseModel):
    """The allocation (`id`: an entry of the ledger, taken back as any) and the money that it names."""

    id: UUID
    dealer: UUID
    entry: UUID
    kind: str
    source: str
    number: str
    allocations: list[NamedView]
    allocated_on: date
    reason: str
    by: str


@router.post("/dealers/{dealer}/ledger/{entry}/allocation", permission="ledger.allocate", answers=AllocationView,
             problems=("not-allocatable", "more-than-is-left", "more-than-is-open", "unknown-invoice",
                       "allocated-meanwhile"))  # fmt: skip
async def allocate_later(dealer: UUID, entry: UUID, body: AllocateLater, write: Write) -> Response:
    """Let a payment, bill or credit note pay named invoices; it counts as paid on the day that the money came."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        if await conn.fetchrow(ENTRY, dealer, entry) is None:
            raise Problem("not-found", "The ledger of this dealer has no such entry.", retryable=True)
    content = request_hash({"entry": str(entry), "request": str(write.command()), "body": body.model_dump(mode="json")})
    await shown_to_the_last(write.runtime, dealer)
    async with company_snapshot(write.runtime.pool) as conn:
        entries = (await entries_of(conn, [dealer], await positions(conn))).get(dealer, [])
    return _answer(dealer, *await _recorded(dealer, entry, entries, body, content, write), write)


async def _recorded(
    dealer: UUID, entry: UUID, entries: list[LedgerEntry], body: AllocateLater, content: bytes, write: WriteContext
) -> tuple[Known, PaymentAllocated]:
    """The allocation of this request: the one that an earlier try wrote, or the next of this money."""
    log, request, recorder = write.runtime.log, write.command(), recorder_of(write)
    mine = await log.answered(request, content)
    if mine is not None:
        return mine, await _read(mine, write)
    before = sum(type(each) is LaterAllocation and each.entry == str(entry) for each in entries)
    asked = Allocate(
        str(entry), tuple(AllocatedTo(invoice=n.invoice, amount=n.amount) for n in body.allocations),
        body.allocated_on, body.reason, write.caller.login,
    )  # fmt: skip
    event, command = allocate(entries, asked, write.today), allocation_id(entry, before)
    (verdict,) = await log.record([recorder.fact(dealer, command, content, event, request=request)])
    if verdict.kind == "conflict":
        raise Refused("allocated-meanwhile", "Somebody allocated of this money in between: read it and repeat.")
    found = (await known(log.pool, [command]))[command]
    return found, await _read(found, write)


async def _read(found: Known, write: WriteContext) -> PaymentAllocated:
    at = found.position
    event = event_of(await write.runtime.log.pool.fetchval(RECORDED, at.partition, at.sequence))
    assert isinstance(event, PaymentAllocated)
    return event


def _answer(dealer: UUID, found: Known, event: PaymentAllocated, write: WriteContext) -> Response:
    view = AllocationView(
        id=found.event, dealer=dealer, entry=UUID(event.entry), kind=event.kind, source=event.source,
        number=event.number, allocations=[NamedView(invoice=n.invoice, amount=n.amount) for n in event.allocations],
        allocated_on=event.allocated_on, reason=event.reason, by=event.by,
    )  # fmt: skip
    return write.answer(found.position, view)
