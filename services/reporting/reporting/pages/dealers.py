"""The dealer list, `/dealers`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from reporting.asking import DealersAsked
from reporting.columns import DEALERS
from reporting.pages.view import page, render
from reporting.reading.asked import dealers_asked
from service.context import Read
from service.routing import Router

router = Router("pages")


@router.get("/dealers", permission="dealer.read", page=True, include_in_schema=False)
@page
async def dealers(read: Read, ask: Annotated[DealersAsked, Query()]) -> Response:
    """Every dealer in scope: filtered, sorted, a page at a time."""
    at, shown, places = await dealers_asked(read, ask)
    return render(read, "dealers.html", at=at, page=shown, places=places, ask=ask, columns=DEALERS)
