"""Control totals: handed in by their sources, compared with what is here, and opened to the documents behind."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from credit_rating.api.entries import COLUMNS, LedgerEntryView, entry_row
from credit_rating.api.money import Money
from credit_rating.closed import Closed
from credit_rating.comparing import COMPARED, compared
from credit_rating.domain.calendar_window import month_end, month_of
from credit_rating.domain.control_totals import CONTROL_TOTALS, ControlTotal, HandIn, State, key
from credit_rating.evidence import bounds, within
from credit_rating.known_at import KnownAt, KnownPage, cut_known_at, known_page
from credit_rating.snapshot import SERVICE
from events.fields import Code, Count, Day, Turnover
from events.types.ledger import EntryKind
from service.context import Read, Write
from service.listing import Asked, Listing, Row, at_least, at_most, computed, equals
from service.routing import Router

router = Router("completeness")
Period = Annotated[str, Field(pattern=r"^(199[0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$")]
DOCUMENTS = f"""
select {COLUMNS}, d.code, d.name
from ledger_entry e left join dealer d using (dealer) where e.dated between $1 and $3 and {within(2)}
"""


class TotalBody(Closed):
    """How many documents of a kind are dated in the month, what they come to, the lowest and highest number given."""

    kind: EntryKind
    documents: Count
    amount: Turnover
    first_number: Code | None = None
    last_number: Code | None = None


class HandInBody(Closed):
    """What a source system says of a month; a kind that it does not name stays as it was said before."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"source": "ERP", "period": "2026-05", "totals": [
                    {"kind": "invoice", "documents": 412, "amount": "1830455.20", "first_number": "INV-2026-01771",
                     "last_number": "INV-2026-02182"}]}
            ]
        }
    )  # fmt: skip

    source: Code
    period: Period
    totals: Annotated[tuple[TotalBody, ...], Field(min_length=1, max_length=20)]


class HandedInView(BaseModel):
    """What was taken in; `changed` counts the kinds of which something else was said before, or nothing."""

    source: str
    period: str
    changed: int


class ComparedRow(BaseModel):
    """A source, month and kind: what is here less what was taken back, what its source says, and the difference.

    `missing`: numbers between their first and their last that are not here. Documents: `/completeness/documents` with
    the query of `documents_query`, and `known_at` of the page.
    """

    source: str
    month: date
    kind: str
    state: State
    documents: int
    amount: Money
    their_documents: int | None
    their_amount: Money | None
    difference_documents: int | None
    difference_amount: Money | None
    missing: int | None
    first_number: str | None
    last_number: str | None
    handed_in_by: str | None
    handed_in_at: datetime | None
    documents_query: str


class ComparedPage(KnownPage[ComparedRow]):
    """A page of the comparison, known at a cut."""

    currency: str


class DocumentRow(LedgerEntryView):
    """A document with its dealer, in a list over all dealers."""

    dealer: UUID
    code: str | None
    name: str | None


COMPARISON = Listing(
    COMPARED,
    ComparedRow,
    key=("source", "month", "kind"),
    sorts=("month", "source", "kind", "state", "documents", "amount", "difference_documents", "difference_amount",
           "missing"),
    nullable=("difference_documents", "difference_amount", "missing"),
    default="-month",
    filters={
        "source": equals("source"),
        "kind": equals("kind"),
        "month_from": at_least("month", Day),
        "month_to": at_most("month", Day),
        "state": computed(State),
    },
)  # fmt: skip
BEHIND = Listing(
    DOCUMENTS,
    DocumentRow,
    key=("id",),
    sorts=("number", "dated", "amount", "recorded_at"),
    nullable=("amount",),
    default="number",
    filters={
        "source": equals("source"),
        "kind": equals("kind"),
        "number": equals("number"),
        "taken_back": equals("taken_back", bool),
    },
)


@router.post("/control-totals", permission="completeness.hand_in", answers=HandedInView,
             problems=("future-date", "kind-twice", "range-implausible", "too-many-sources"))  # fmt: skip
async def hand_in(body: HandInBody, write: Write) -> Response:
    """Hand in what a source system counts for a month; said again with other figures, the last counts."""
    totals = tuple(ControlTotal(**total.model_dump()) for total in body.totals)
    command = HandIn(
        source=body.source, period=body.period, totals=totals, by=write.caller.login, today=write.today
    )  # fmt: skip
    written = await write.handle(CONTROL_TOTALS, key(body.period), command)
    view = HandedInView(source=body.source, period=body.period, changed=len(written.events))
    return write.answer(written, view)


@router.get("/completeness/comparison", permission="completeness.read", answers=ComparedPage)
async def comparison(
    read: Read, asked: Annotated[Asked, Depends(COMPARISON.asked)], known_at: KnownAt = None
) -> ComparedPage:
    """Our documents against the control totals of their sources, as far as either was known at a cut."""
    cut = await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rows = await compared(conn, asked, bounds(cut, SERVICE))
    wanted = [row for row in rows if asked.filters.get("state", row["state"]) == row["state"]]
    page = asked.page([_row(row) for row in asked.of_computed(wanted)], ComparedRow)
    return ComparedPage(**known_page(page, cut), currency=read.runtime.settings.currency)


@router.get("/completeness/documents", permission="completeness.read", answers=KnownPage[DocumentRow])
async def documents(
    read: Read, asked: Annotated[Asked, Depends(BEHIND.asked)], month: Day, known_at: KnownAt = None
) -> KnownPage[DocumentRow]:
    """The documents of every dealer that are dated in the month of a day: what stands behind a control total."""
    cut, last = await cut_known_at(read.runtime, known_at), month_end(month_of(month))
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, last.replace(day=1), bounds(cut, SERVICE), last)
    page = asked.page([entry_row(row) for row in rows], DocumentRow)
    return KnownPage[DocumentRow](**known_page(page, cut))


def _row(row: Row) -> dict[str, Any]:
    query = urlencode({"month": row["month"], "source": row["source"], "kind": row["kind"]})
    return dict(row) | {"documents_query": query}
