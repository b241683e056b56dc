"""The ageing matrix (账龄), `/reports/ageing`: regions open into branches, territories, dealers, invoices."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from reporting.asking import AgeingAsked
from reporting.columns import of_ageing
from reporting.pages.view import page, render
from reporting.reading.ageing import BELOW
from reporting.reading.asked import ageing_asked
from service.context import Read
from service.routing import Router

router = Router("pages")


@router.get("/reports/ageing", permission="report.read", page=True, include_in_schema=False)
@page
async def ageing(read: Read, ask: Annotated[AgeingAsked, Query()]) -> Response:
    """Who owes what for how long, at one level of the company."""
    at, matrix, places = await ageing_asked(read, ask)
    return render(read, "ageing.html", at=at, matrix=matrix, places=places, ask=ask, columns=of_ageing(matrix.columns),
                  below=BELOW.get(ask.level))  # fmt: skip
