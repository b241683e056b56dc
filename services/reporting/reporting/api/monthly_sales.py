"""The monthly sales report as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from reporting.api.dealers import Seen
from reporting.asking import SalesAsked
from reporting.reading.asked import sales_asked
from reporting.reading.sales import SalesRow
from service.context import Read
from service.routing import Router

router = Router("reports", prefix="/api")


class SalesView(BaseModel):
    """Rows of the report and the row of their sums."""

    items: list[SalesRow]
    total: SalesRow
    seen: Seen


@router.get("/reports/monthly-sales", permission="report.read", answers=SalesView)
async def monthly_sales(read: Read, ask: Annotated[SalesAsked, Query()]) -> SalesView:
    """Quantity, amount, returns and net by dealer, branch or region, with comparison."""
    at, report, _, _ = await sales_asked(read, ask)
    return SalesView(items=report.rows, total=report.total, seen=Seen.of(at))
