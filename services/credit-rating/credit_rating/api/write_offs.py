"""Write-offs: an amount of an invoice given up, by who is entitled to; in bulk only the ERP's feed brings them."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from fastapi import Response
from pydantic import ConfigDict

from credit_rating import documents
from credit_rating.api.ledger import EntryView, Moved, record_document
from credit_rating.closed import Closed
from credit_rating.dealers_named import dealers_named
from credit_rating.evidence import entries_of
from credit_rating.revisions import standings
from credit_rating.snapshot import SERVICE, company_snapshot, positions
from credit_rating.standing import shown_to_the_last
from eventlog.facts import of_request
from eventlog.meta import Known
from eventlog.reading import event_of
from eventlog.refusals import Contended
from events import ReceivableWrittenOff
from events.decider import Refused
from events.fields import Amount, Code, Currency, Day, Said
from rules.money import NOTHING
from rules.receivables import receivables
from service.context import Write, WriteContext
from service.routing import Router

router = Router("ledger")
MOST_DECISIONS = 20
RECORDED = "select document from log.event where partition = $1 and sequence = $2"


class GiveUp(Closed):
    """An invoice of which `amount`, or all that is open on that day, is given up; the caller approves it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "dealer": {"source": "ERP", "number": "K1007"}, "source": "ERP", "number": "WO-2026-003",
                    "invoice": "XS240800117", "currency": "CNY", "written_off_on": "2026-06-30",
                    "reason": "The shop is closed; the court ended the enforcement.",
                }
            ]
        }
    )  # fmt: skip

    dealer: UUID | documents.Reference
    source: Code
    number: Code
    invoice: Code
    amount: Amount | None = None
    currency: Currency
    written_off_on: Day
    reason: Said


@router.post("/write-offs", permission="receivable.write_off", answers=EntryView, problems=("more-than-is-open",))
async def write_off(body: GiveUp, write: Write) -> Response:
    """Write an invoice off, in part or all that is open of it; it counts as never paid."""
    async with write.snapshot() as conn:
        dealer = (await dealers_named(conn, [body.dealer])).find(body.dealer)
    for _ in range(MOST_DECISIONS):
        known = await _known(body, write)
        amount, seen = await (_open(dealer, body, write) if known is None else _recorded(known, body, write))
        said = body.model_dump(exclude={"dealer", "amount"}) | {"amount": amount, "approved_by": write.caller.login}
        try:
            return await record_document(documents.WriteOff(dealer=dealer, **said), write, seen=seen)
        except Moved:
            continue
    raise Contended(f"the ledger was added to {MOST_DECISIONS} times in a row: retry")


async def _known(body: GiveUp, write: WriteContext) -> Known | None:
    """What this request recorded when it came first, else what counts under this number."""
    log, identity = write.runtime.log, ("write_off", body.source, body.number)
    return (
        await of_request(log.pool, log.name, write.command()) or (await standings(log.pool, [identity]))[identity].known
    )


async def _open(dealer: UUID, body: GiveUp, write: WriteContext) -> tuple[Decimal, int]:
    """What is given up, once everything that the log holds of the dealer is shown here, and up to where that is."""
    await shown_to_the_last(write.runtime, dealer)
    async with company_snapshot(write.runtime.pool) as conn:
        cut = await positions(conn)
        entries = (await entries_of(conn, [dealer], cut)).get(dealer, [])
    owed = receivables(entries, body.written_off_on)
    named = [item for item in owed.open_items if item.invoice.number == body.invoice]
    own = [item for item in named if item.invoice.source == body.source]
    found = own or (named if len(named) == 1 else [])
    left = sum((item.open for item in found), NOTHING)
    if not NOTHING < (body.amount or left) <= left:
        raise Refused(
            "more-than-is-open",
            f"{left} of invoice {body.invoice} is open on {body.written_off_on}: correct the amount or the invoice.",
            open=str(left),
        )
    return body.amount or left, cut[SERVICE][write.runtime.log.partition_of(str(dealer))]


async def _recorded(known: Known, body: GiveUp, write: WriteContext) -> tuple[Decimal, None]:
    """What was given up under this number already: a repeat says the same, whatever has come in since."""
    at = known.position
    event = event_of(await write.runtime.log.pool.fetchval(RECORDED, at.partition, at.sequence))
    assert isinstance(event, ReceivableWrittenOff)
    return body.amount or event.amount, None
