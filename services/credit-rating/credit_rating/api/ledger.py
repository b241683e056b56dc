"""Documents of the ledger come in: one at a time or many, each accepted once by its source, kind and number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from credit_rating import documents
from credit_rating.dealers_named import Dealers, dealers_named
from credit_rating.documents import AnyDocument
from credit_rating.ledger_lines import LedgerLine, WriteOffRow
from credit_rating.recording import Item, Outcome, Recorder, content_of
from eventlog.meta import Known
from events.decider import Refused
from events.placement import key_of
from service.bulk import MEDIA_TYPE, Row, RowVerdict, ndjson, reject
from service.context import POSITION, Write, WriteContext
from service.permissions import IMPORTER
from service.routing import Router
from service.telemetry import current_traceparent

router = Router("ledger")
CONFLICT, EXHAUSTED = "document-conflict", "taken-back-too-often"
IN_SCOPE = "select dealer from dealer_scope where dealer = any($1)"


class Moved(Exception):
    """The dealer's ledger has more than the document was decided by: decide again."""


class EntryView(BaseModel):
    """A document as the log holds it; the same for every repeat."""

    id: UUID
    dealer: UUID
    kind: str
    source: str
    number: str


@router.post("/invoices", permission="ledger.record", answers=EntryView)
async def record_invoice(body: documents.Invoice, write: Write) -> Response:
    """Record an invoice."""
    return await record_document(body, write)


@router.post("/payments", permission="ledger.record", answers=EntryView)
async def record_payment(body: documents.Payment, write: Write) -> Response:
    """Record a payment; it pays what it names, then the oldest."""
    return await record_document(body, write)


@router.post("/payments/bounce", permission="ledger.record", answers=EntryView)
async def record_bounce(body: documents.Bounce, write: Write) -> Response:
    """Record that the payment `number` came back: from that day on its invoices are open again, at their due dates."""
    return await record_document(body, write)


@router.post("/bills", permission="ledger.record", answers=EntryView)
async def record_bill(body: documents.Bill, write: Write) -> Response:
    """Record an acceptance bill: it pays what it names, then the oldest, and stays in exposure until it matures."""
    return await record_document(body, write)


@router.post("/bills/dishonour", permission="ledger.record", answers=EntryView)
async def record_dishonour(body: documents.Dishonour, write: Write) -> Response:
    """Record that the bill `number` was not honoured: from that day on its invoices are open again."""
    return await record_document(body, write)


@router.post("/recoveries", permission="ledger.record", answers=EntryView)
async def record_recovery(body: documents.Recovery, write: Write) -> Response:
    """Record money for what had been written off; it pays no invoice."""
    return await record_document(body, write)


@router.post("/credit-notes", permission="ledger.record", answers=EntryView)
async def record_credit_note(body: documents.CreditNote, write: Write) -> Response:
    """Record a credit note."""
    return await record_document(body, write)


@router.post("/disputes", permission="ledger.record", answers=EntryView)
async def record_dispute(body: documents.Dispute, write: Write) -> Response:
    """Record that the dealer disputes an amount of the invoice `number`."""
    return await record_document(body, write)


@router.post("/disputes/settle", permission="ledger.record", answers=EntryView)
async def settle_disputes(body: documents.Settlement, write: Write) -> Response:
    """Record how the disputes of the invoice `number` ended."""
    return await record_document(body, write)


@router.post(
    "/ledger:bulk",
    permission="ledger.record",
    accepts=MEDIA_TYPE,
    gives=(MEDIA_TYPE,),
    body_bytes="bulk_bytes",
    status=200,
)
async def record_many(request: Request, write: Write) -> Response:
    """Documents of any kind as NDJSON, each with its `kind`; a verdict for each row."""

    async def record(rows: list[Row[LedgerLine]]) -> list[RowVerdict]:
        async with write.snapshot() as conn:
            dealers = await dealers_named(conn, [row.model.root.dealer for row in rows])
        items, refused = _items(rows, dealers, write)
        outcomes = await recorder_of(write).record(list(items.values()))
        seen = await _seen_by(write, [each.counts for each in outcomes if each.verdict == "conflict"])
        judged = (_verdict(row, outcome, seen) for row, outcome in zip(items, outcomes, strict=True))
        return [*refused, *judged]

    return await ndjson(request, LedgerLine, record)


def recorder_of(write: WriteContext) -> Recorder:
    """What records on behalf of this request."""
    return Recorder(
        log=write.runtime.log,
        actor=write.caller.login,
        business_date=write.today,
        correlation=write.correlation,
        traceparent=current_traceparent(),
    )


async def record_document(body: AnyDocument, write: WriteContext, *, seen: int | None = None) -> Response:
    """Record one document; the same for every repeat of the request. Refused: another content under its number.

    `seen`: the sequence up to which the dealer's ledger was read to decide it; raises `Moved` if more is there.
    """
    async with write.snapshot() as conn:
        dealers = await dealers_named(conn, [body.dealer])
    recorder, request = recorder_of(write), write.command()
    item = _item(body, dealers, write)._replace(request=request, seen=seen)
    known = await write.runtime.log.answered(request, content_of(item))
    if known is None:
        (outcome,) = await recorder.record([item])
        await _require_recorded(item, outcome, write)
        known = outcome.counts
    kind, source, _ = item.identity
    view = EntryView(id=known.event, dealer=item.dealer, kind=kind, source=source, number=body.number)
    content = view.model_dump(mode="json") | {"position": str(known.position)}
    return JSONResponse(content, status_code=201, headers={POSITION: str(known.position)})


async def _require_recorded(item: Item, outcome: Outcome, write: WriteContext) -> None:
    kind, source, _ = item.identity
    match outcome.verdict:
        case "moved":
            raise Moved
        case "exhausted":
            raise Refused(EXHAUSTED, f"The {kind} of {source} was taken back too often: give it another number.")
        case "conflict":
            at = outcome.counts
            told: dict[str, Any] = {"entry": str(at.event), "position": str(at.position)}
            raise Refused(CONFLICT, _conflict(item), **(told if await _seen_by(write, [at]) else {}))


async def _seen_by(write: WriteContext, some: Sequence[Known]) -> set[str]:
    """Which of these entries' streams are of a dealer in the caller's scope: of others nothing is told."""
    keys = {UUID(key_of(each.stream)): each.stream for each in some}
    async with write.snapshot() as conn:
        return {keys[row["dealer"]] for row in await conn.fetch(IN_SCOPE, list(keys))}


def _item(document: AnyDocument, dealers: Dealers, write: WriteContext) -> Item:
    documents.require_plausible(document, today=write.today, currency=write.runtime.settings.currency)
    dealer = dealers.find(document.dealer)
    return Item(dealer, documents.identity(document), documents.event_of(document))


def _items(
    rows: list[Row[LedgerLine]], dealers: Dealers, write: WriteContext
) -> tuple[dict[int, Item], list[RowVerdict]]:
    items: dict[int, Item] = {}
    refused: list[RowVerdict] = []
    for row in rows:
        if isinstance(row.model.root, WriteOffRow) and write.caller.role != IMPORTER:
            refused.append(reject(row.row, "approver-needed", "A write-off is recorded singly, by who approves it."))
            continue
        try:
            items[row.row] = _item(row.model.root, dealers, write)
        except Refused as error:
            refused.append(reject(row.row, error.code, error.detail, retry=error.retryable))
    return items, refused


def _verdict(row: int, outcome: Outcome, seen: set[str]) -> RowVerdict:
    match outcome.verdict:
        case "accepted" | "duplicate" as verdict:
            return RowVerdict(row=row, verdict=verdict, position=str(outcome.counts.position))
        case "conflict":
            at = f", at {outcome.counts.position}" if outcome.counts.stream in seen else ""
            return reject(row, CONFLICT, f"Another content was recorded under this number{at}.")
        case _:
            return reject(row, EXHAUSTED, "This number was taken back too often: give the document another.")


def _conflict(item: Item) -> str:
    kind, source, number = item.identity
    return (
        f"The {kind} {number} of {source} was recorded with another content: correct the number, or reverse that entry."
    )
