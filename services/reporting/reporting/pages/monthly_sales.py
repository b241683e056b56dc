"""The monthly sales report (客户销售月报表), `/reports/monthly-sales`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from reporting.asking import SalesAsked
from reporting.columns import SALES
from reporting.pages.view import page, render
from reporting.reading.asked import sales_asked
from service.context import Read
from service.routing import Router

router = Router("pages")


@router.get("/reports/monthly-sales", permission="report.read", page=True, include_in_schema=False)
@page
async def monthly_sales(read: Read, ask: Annotated[SalesAsked, Query()]) -> Response:
    """Sales by dealer, branch or region, with the month before and the year before."""
    at, report, places, question = await sales_asked(read, ask)
    return render(read, "monthly_sales.html", at=at, report=report, places=places, question=question, ask=ask,
                  columns=SALES)  # fmt: skip
