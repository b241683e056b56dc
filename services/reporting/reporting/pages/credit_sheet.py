"""The credit card of a dealer (客户信用卡), `/dealers/{id}/credit-sheet`: one sheet of A4 for who decides on credit."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from reporting.asking import Looked
from reporting.i18n import N_
from reporting.pages.view import page, render
from reporting.reading.credit_sheet import standing_of
from reporting.reading.dealer import dealer_of
from reporting.reading.diligence import diligence_of
from reporting.reading.memory import memory_of
from reporting.reading.places import places
from reporting.reading.standpoint import standpoint
from reporting.reading.wrong import Wrong
from service.context import Read
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("pages")


@router.get("/dealers/{dealer}/credit-sheet", permission="dealer.read", page=True, include_in_schema=False)
@page
async def credit_sheet(read: Read, dealer: UUID, ask: Annotated[Looked, Query()]) -> Response:
    """Identity, grade, indicators, limit, exposure, ageing, open items, held orders, watch and reviews."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        found = await dealer_of(conn, read.runtime.pool, at, memory_of(read), dealer)
        if found is None:
            raise Wrong("not-found", N_("This dealer was not there as of that day, known at that cut."))
        standing, names = await standing_of(conn, at, dealer), await places(conn)
        grade, credit = found.grade["grade"] if found.grade else None, bool(found.row.limit and found.row.limit > 0)
        looked = await diligence_of(conn, at, dealer, grade=grade, credit=credit)
    return render(
        read, "credit_sheet.html", at=at, dealer=found, standing=standing, looked=looked, places=names, ask=ask
    )
