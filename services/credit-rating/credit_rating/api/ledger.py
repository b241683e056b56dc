"""Documents of the ledger come in: one at a time or many, each accepted once by its source, kind and number."""

from __future__ import annotations

from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from credit_rating import documents
from credit_rating.dealers_named import Dealers, dealers_named
from credit_rating.documents import AnyDocument
from credit_rating.ledger_lines import LedgerLine, WriteOffRow
from credit_rating.recording import Item, Outcome, Recorder
from events.decider import Refused
from service.bulk import MEDIA_TYPE, Row, RowVerdict, ndjson, reject
from service.context import POSITION, Write, WriteContext
from service.permissions import IMPORTER
from service.routing import Router
from service.telemetry import current_traceparent

router = Router("ledger")
CONFLICT = "document-conflict"


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
        judged = (_verdict(row, outcome) for row, outcome in zip(items, outcomes, strict=True))
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


async def record_document(body: AnyDocument, write: WriteContext) -> Response:
    """Record one document; the same for every repeat. Refused: another content under its number."""
    async with write.snapshot() as conn:
        dealers = await dealers_named(conn, [body.dealer])
    item = _item(body, dealers, write)
    (outcome,) = await recorder_of(write).record([item])
    kind, source, _ = item.identity
    if outcome.verdict == "conflict":
        raise Refused(CONFLICT, _conflict(item), entry=str(outcome.event), position=str(outcome.position))
    view = EntryView(id=outcome.event, dealer=item.dealer, kind=kind, source=source, number=body.number)
    content = view.model_dump(mode="json") | {"position": str(outcome.position)}
    return JSONResponse(content, status_code=201, headers={POSITION: str(outcome.position)})


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


def _verdict(row: int, outcome: Outcome) -> RowVerdict:
    match outcome.verdict:
        case "conflict":
            return reject(row, CONFLICT, f"Another content was recorded under this number, at {outcome.position}.")
        case verdict:
            return RowVerdict(row=row, verdict=verdict, position=str(outcome.position))


def _conflict(item: Item) -> str:
    kind, source, number = item.identity
    return (
        f"The {kind} {number} of {source} was recorded with another content: correct the number, or reverse that entry."
    )
