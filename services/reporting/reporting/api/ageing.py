"""The ageing matrix as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from reporting.api.dealers import Seen
from reporting.asking import AgeingAsked
from reporting.reading.ageing import AgeingRow
from reporting.reading.asked import ageing_asked
from service.context import Read
from service.routing import Router

router = Router("reports", prefix="/api")


class AgeingView(BaseModel):
    """A page of the matrix; `amounts` of a row are in the order of `columns`, `total` is the sum of `items`."""

    columns: list[str]
    items: list[AgeingRow]
    total: AgeingRow
    found: int
    next: str | None
    seen: Seen


@router.get("/reports/ageing", permission="report.read", answers=AgeingView)
async def ageing(read: Read, ask: Annotated[AgeingAsked, Query()]) -> AgeingView:
    """Ageing by region, branch, territory, dealer, or the open invoices of one dealer."""
    at, matrix, _ = await ageing_asked(read, ask)
    return AgeingView(columns=matrix.columns, items=matrix.rows, total=matrix.total, found=matrix.found,
                      next=matrix.following, seen=Seen.of(at))  # fmt: skip
