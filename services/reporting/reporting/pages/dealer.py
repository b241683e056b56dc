"""The dealer page, `/dealers/{id}`, its ledger and its sale lines: every figure leads to its rows, they to events."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from reporting.asking import LinesAsked, Looked, TimelineAsked
from reporting.i18n import N_
from reporting.pages.view import page, render
from reporting.reading.dealer import dealer_of, money_of
from reporting.reading.ledger import late_entries, rows_of
from reporting.reading.memory import memory_of
from reporting.reading.months import moved
from reporting.reading.places import places
from reporting.reading.sales import SalesQuestion, lines, net_of, sales_report
from reporting.reading.standpoint import read_day, standpoint
from reporting.reading.timeline import NEWEST, Key, timeline
from reporting.reading.wrong import Wrong
from service.context import Read
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("pages")
ENTRIES, LINES, MONTHS = 50, 200, 13


@router.get("/dealers/{dealer}", permission="dealer.read", page=True, include_in_schema=False)
@page
async def one(read: Read, dealer: UUID, ask: Annotated[TimelineAsked, Query()]) -> Response:
    """Everything about one dealer."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        found = await dealer_of(conn, read.runtime.pool, at, memory_of(read), dealer)
        if found is None:
            raise Wrong("not-found", N_("This dealer was not there as of that day, known at that cut."))
        names = await places(conn)
        this_month = at.as_of.replace(day=1)
        span = SalesQuestion(first=moved(this_month, 1 - MONTHS), last=this_month, dealer=dealer)
        sales = await sales_report(conn, at, span, names)
        entries = await timeline(conn, at, dealer, sales=bool(ask.sales), after=key_of(ask.before), limit=ENTRIES + 1)
    more = said(entries[ENTRIES - 1].key) if len(entries) > ENTRIES else None
    return render(read, "dealer.html", at=at, dealer=found, places=names, sales=sales, entries=entries[:ENTRIES],
                  more=more, ask=ask)  # fmt: skip


@router.get("/dealers/{dealer}/ledger", permission="dealer.read", page=True, include_in_schema=False)
@page
async def ledger(read: Read, dealer: UUID, ask: Annotated[Looked, Query()]) -> Response:
    """Every entry of the ledger within the cut, with the balance that they come to."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        money = await money_of(conn, at, dealer)
        found = [row for row in await rows_of(conn, at, [dealer]) if row["dated"] is None or row["dated"] <= at.as_of]
        late = await late_entries(conn, at, dealer)
        name = await conn.fetchrow("select code, name from onboarding where dealer = $1", dealer)
    reversed_ = {row["reversed"] for row in found if row["reversed"]}
    back = _bounces(found, reversed_)
    bounced_ = {row["event"] for row in found if (row["kind"], row["origin"], row["number"]) in back}
    found.sort(key=lambda row: (row["dated"] or row["recorded_at"].date(), row["recorded_at"]), reverse=True)
    return render(read, "ledger.html", at=at, dealer=dealer, name=name, rows=found, reversed=reversed_,
                  bounced=bounced_, late=late, money=money, ask=ask)  # fmt: skip


@router.get("/dealers/{dealer}/sales", permission="dealer.read", page=True, include_in_schema=False)
@page
async def sold(read: Read, dealer: UUID, ask: Annotated[LinesAsked, Query()]) -> Response:
    """Sale lines of a dealer between two days, each with its event."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    first = read_day(ask.first, "from") or at.as_of.replace(day=1)
    last = read_day(ask.last, "to") or at.as_of
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        name = await conn.fetchrow("select code, name from onboarding where dealer = $1", dealer)
        found = await lines(conn, at, dealer, first=first, last=last, after=line_after(ask.after), limit=LINES + 1)
    rows = found[:LINES]
    more = f"{rows[-1]['sold_on']}:{rows[-1]['sequence']}" if len(found) > LINES else None
    return render(read, "sales.html", at=at, dealer=dealer, name=name, rows=rows, net=net_of(rows), more=more,
                  first=first, last=last, ask=ask)  # fmt: skip


def _bounces(rows: list[Any], reversed_: set[UUID]) -> set[tuple[str, str, str]]:
    """Kind, source and number of the payments and bills among them that came back."""
    of = {"bounce": "payment", "dishonour": "bill"}
    return {
        (of[row["kind"]], row["origin"], row["number"])
        for row in rows
        if row["kind"] in of and row["event"] not in reversed_
    }


def key_of(said_key: str) -> Key:
    """Where a timeline goes on."""
    if not said_key:
        return NEWEST
    try:
        day, moment, source, sequence = said_key.split("~")
        return date.fromisoformat(day), datetime.fromisoformat(moment), source, int(sequence)
    except ValueError:
        raise Problem("invalid-cursor") from None


def said(key: Key) -> str:
    """The same as text."""
    day, moment, source, sequence = key
    return f"{day}~{moment.isoformat()}~{source}~{sequence}"


def line_after(said_line: str) -> tuple[date, int]:
    """Where a list of sale lines goes on."""
    if not said_line:
        return date.min, 0
    try:
        day, _, sequence = said_line.partition(":")
        return date.fromisoformat(day), int(sequence)
    except ValueError:
        raise Problem("invalid-cursor") from None
