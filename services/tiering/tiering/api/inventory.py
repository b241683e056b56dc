"""Stock that dealers report: one by one or in bulk, each report once; the latest as of a day is what is there."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from events.decider import Refused
from events.envelope import DocumentTooLarge
from events.fields import Code, Currency, Day
from service.bulk import MEDIA_TYPE, Row, RowVerdict, ndjson
from service.context import Read, Write
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope
from tiering.api.lines import LineRecorded
from tiering.api.recorded import answer, dealer_named, record_rows, recorder_of
from tiering.dealers_named import Named
from tiering.domain.inventory import MOST_LINES, ReportInventory, Stock
from tiering.recording import Item, Recorder

router = Router("inventory")
LATEST_FIRST = Keyset("as_of", "sequence", descending=True)
LIST = """
select event, origin as source, number, as_of, currency, lines, value, consigned_value, sequence from stock_report
where dealer = $1 and ($2::date is null or as_of >= $2) and ($3::date is null or as_of <= $3)
    and {after} {order} limit {limit}
"""
OTHERWISE = "A report of this number says otherwise: give the corrected one a number of its own, it replaces this."
TOO_LARGE = "The report is too long: report goods of little value together."


class ReportGiven(BaseModel):
    """All that a dealer had in stock at the end of a day, values with VAT; without lines: nothing."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{
            "dealer": {"source": "ERP", "number": "800123"}, "source": "ERP", "number": "KC-2026-06-800123",
            "as_of": "2026-06-30", "currency": "CNY",
            "lines": [{"product": "YL-500", "quantity": "120", "value": "5400.00", "consigned": True}],
        }]},
    )  # fmt: skip
    dealer: Named
    source: Code
    number: Code
    as_of: Day
    currency: Currency
    lines: Annotated[tuple[Stock, ...], Field(max_length=MOST_LINES)] = ()


class ReportView(BaseModel):
    """A report as it was recorded. Of those as of one day the first in the list counts."""

    event: UUID
    source: str
    number: str
    as_of: date
    currency: str
    lines: list[Stock]
    value: Decimal
    consigned_value: Decimal


@router.post(
    "/inventory",
    permission="inventory.report",
    answers=LineRecorded,
    problems=("unknown-dealer", "currency-other", "date-in-future", "amount-absurd", "document-conflict"),
)
async def report_inventory(body: ReportGiven, write: Write) -> Response:
    """Report what a dealer has in stock; it replaces the reports as of earlier days, and earlier ones of that day."""
    dealer, recorder = await dealer_named(write, body), recorder_of(write)
    try:
        return await answer(write, recorder, _item(recorder, dealer, body), otherwise=OTHERWISE)
    except DocumentTooLarge as error:
        raise Problem("too-large", TOO_LARGE) from error


@router.post("/inventory:bulk", permission="inventory.report", accepts=MEDIA_TYPE, gives=(MEDIA_TYPE,),
             body_bytes="bulk_bytes", status=200)  # fmt: skip
async def report_many(request: Request, write: Write) -> Response:
    """Reports as NDJSON, a verdict for each row."""
    recorder = recorder_of(write)

    def item_of(dealer: UUID, given: ReportGiven) -> Item:
        item = _item(recorder, dealer, given)
        try:
            recorder.fact(item)  # or one report that no event can hold would keep out all that stand beside it
        except DocumentTooLarge as error:
            raise Refused("too-large", TOO_LARGE) from error
        return item

    async def record(rows: list[Row[ReportGiven]]) -> list[RowVerdict]:
        return await record_rows(write, recorder, rows, item_of, otherwise=OTHERWISE)

    return await ndjson(request, ReportGiven, record)


@router.get("/dealers/{dealer}/inventory", permission="inventory.read", answers=Page[ReportView])
async def list_reports(
    dealer: UUID,
    read: Read,
    page: PageOf,
    first: Annotated[Day | None, Query(alias="from")] = None,
    last: Annotated[Day | None, Query(alias="to")] = None,
) -> Page[ReportView]:
    """Reports of a dealer's stock, the latest first; `from` and `to` are both included."""
    query = LIST.format(after=LATEST_FIRST.after(page, 4), order=LATEST_FIRST.order, limit=page.limit + 1)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await conn.fetch(query, dealer, first, last, *LATEST_FIRST.values(page))
    return page.of([dict(row) | {"lines": json.loads(row["lines"])} for row in rows], LATEST_FIRST, ReportView)


def _item(recorder: Recorder, dealer: UUID, given: ReportGiven) -> Item:
    return recorder.item(
        ReportInventory.model_construct(
            dealer=str(dealer), source=given.source, number=given.number, as_of=given.as_of, currency=given.currency,
            lines=given.lines,
        )
    )  # fmt: skip
