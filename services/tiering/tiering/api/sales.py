"""Sale lines and returns, sell-in and sell-out: singly or in bulk, each accepted once; reversals (domain.md 3.1)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from events.fields import Day
from service.bulk import MEDIA_TYPE, Row, RowVerdict, ndjson
from service.context import Read, Write, WriteContext
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope
from tiering.api.lines import LineGiven, LineRecorded, LineRow, LineView, Reversal
from tiering.api.recorded import answer, dealer_named, record_rows, recorder_of
from tiering.domain.sale import RecordSale, ReturnSale, ReverseSaleLine
from tiering.recording import Item

router = Router("sales")
CONFLICT = "The same line is there with another date, dealer or place: reverse it first, or correct this one."
LATEST_FIRST = Keyset("sold_on", "sequence", descending=True)
LIST = """
select s.event, s.kind, s.origin as source, s.invoice, s.nth as line, s.product, s.description, s.quantity,
    s.unit_price, s.amount, s.currency, s.sold_on, s.direction, s.ship_to, s.ship_to_territory, s.sequence,
    exists (select from sale_line r where r.reverses = s.event) as reversed
from sale_line s
where s.dealer = $1 and s.kind <> 'reversal' and ($2::date is null or s.sold_on >= $2)
    and ($3::date is null or s.sold_on <= $3) and {after} {order} limit {limit}
"""
IS_LINE = "select from sale_line where dealer = $1 and event = $2 and kind <> 'reversal'"


@router.post(
    "/sales",
    permission="sale.record",
    answers=LineRecorded,
    problems=("unknown-dealer", "currency-other", "date-in-future", "amount-absurd", "document-conflict"),
)
async def record_sale(body: LineGiven, write: Write) -> Response:
    """Record a line sold to a dealer, or by it (`direction`)."""
    return await record_one(write, body, RecordSale)


@router.post(
    "/returns",
    permission="sale.record",
    answers=LineRecorded,
    problems=("unknown-dealer", "currency-other", "date-in-future", "amount-absurd", "document-conflict"),
)
async def record_return(body: LineGiven, write: Write) -> Response:
    """Record a line that a dealer returned, or that came back to it (`direction`)."""
    return await record_one(write, body, ReturnSale)


@router.post("/sales:bulk", permission="sale.record", accepts=MEDIA_TYPE, gives=(MEDIA_TYPE,), body_bytes="bulk_bytes",
             status=200)  # fmt: skip
async def record_lines(request: Request, write: Write) -> Response:
    """Sales and returns as NDJSON, a verdict for each row."""
    recorder = recorder_of(write)

    def item_of(dealer: UUID, given: LineRow) -> Item:
        return recorder.item(command_of(RecordSale if given.kind == "sale" else ReturnSale, dealer, given))

    async def record(rows: list[Row[LineRow]]) -> list[RowVerdict]:
        return await record_rows(write, recorder, rows, item_of, otherwise=CONFLICT)

    return await ndjson(request, LineRow, record)


@router.post("/dealers/{dealer}/sales/{event}/reverse", permission="sale.reverse", answers=LineRecorded)
async def reverse_line(dealer: UUID, event: UUID, body: Reversal, write: Write) -> Response:
    """Take a line back by an event of its own; after that the same line may come again."""
    async with write.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        if await conn.fetchrow(IS_LINE, dealer, event) is None:
            raise Problem("not-found", "This dealer has no such line.", retryable=True)
    recorder = recorder_of(write)
    command = ReverseSaleLine(dealer=str(dealer), line=str(event), reason=body.reason)
    return await answer(write, recorder, recorder.item(command), otherwise=CONFLICT)


@router.get("/dealers/{dealer}/sales", permission="sale.read", answers=Page[LineView])
async def list_lines(
    dealer: UUID,
    read: Read,
    page: PageOf,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> Page[LineView]:
    """Lines of a dealer, the latest first; `from` and `to` are both included."""
    query = LIST.format(after=LATEST_FIRST.after(page, 4), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await conn.fetch(query, dealer, first, last, *LATEST_FIRST.values(page))
    return page.of(rows, LATEST_FIRST, LineView)


async def record_one(write: WriteContext, body: LineGiven, kind: type[RecordSale] | type[ReturnSale]) -> Response:
    """One line of the caller's scope."""
    dealer, recorder = await dealer_named(write, body), recorder_of(write)
    return await answer(write, recorder, recorder.item(command_of(kind, dealer, body)), otherwise=CONFLICT)


def command_of(kind: type[RecordSale] | type[ReturnSale], dealer: UUID, given: LineGiven) -> Any:
    """The command of a line; what the body's model has checked is not checked again."""
    return kind.model_construct(
        dealer=str(dealer),
        source=given.source,
        invoice=given.invoice,
        line=given.line,
        product=given.product,
        description=given.description,
        quantity=given.quantity,
        unit_price=given.unit_price,
        currency=given.currency,
        sold_on=given.sold_on,
        direction=given.direction,
        ship_to=given.ship_to,
        ship_to_territory=given.ship_to_territory,
    )
