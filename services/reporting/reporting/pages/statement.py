"""Statements of account (对账单) and confirmation letters (询证函): a dealer's list, and one as it is printed."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from reporting.asking import Looked
from reporting.i18n import N_
from reporting.pages.view import page, render
from reporting.reading.standpoint import standpoint
from reporting.reading.statements import NAME, printed, statements_of
from reporting.reading.wrong import Wrong
from service.context import Read
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("pages")


@router.get("/dealers/{dealer}/statements", permission="dealer.read", page=True, include_in_schema=False)
@page
async def listed(read: Read, dealer: UUID, ask: Annotated[Looked, Query()]) -> Response:
    """The latest statements of a dealer and where each stands."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await statements_of(conn, at, dealer)
        name = await conn.fetchrow(NAME, dealer)
    return render(read, "statements.html", at=at, dealer=dealer, name=name, rows=rows, ask=ask)


@router.get("/dealers/{dealer}/statements/{statement}", permission="dealer.read", page=True, include_in_schema=False)
@page
async def paper(read: Read, dealer: UUID, statement: UUID, ask: Annotated[Looked, Query()]) -> Response:
    """One statement as it is printed: opening balance + lines = closing balance, as known at its own cut."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        found = await printed(conn, at, dealer, statement)
    if found is None:
        raise Wrong("not-found", N_("This dealer has no such statement, as known at that cut."))
    return render(read, "statement.html", at=at, dealer=dealer, statement=found, ask=ask)
