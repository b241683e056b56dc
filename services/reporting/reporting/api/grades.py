"""Grades by place, their migration between two days, and who moved, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from reporting.api.dealers import Seen
from reporting.asking import GradeMovesAsked, GradesAsked
from reporting.reading.asked import grades_asked
from reporting.reading.grades import GRADES, Moved, Spread
from service.context import Read
from service.routing import Router

router = Router("reports", prefix="/api")


class GradesView(BaseModel):
    """`counts` and both sides of `matrix` (row before, column after) are in the order of `grades`; null is none."""

    grades: list[int | None]
    compared_with: date
    items: list[Spread]
    total: Spread
    matrix: list[list[int]]
    seen: Seen


class MovesView(BaseModel):
    """A page of the dealers of a cell of the matrix, by code; `next` goes into `after`."""

    compared_with: date
    items: list[Moved]
    found: int
    next: str | None
    seen: Seen


@router.get("/reports/grades", permission="report.read", answers=GradesView)
async def grades(read: Read, ask: Annotated[GradesAsked, Query()]) -> GradesView:
    """Dealers by place and grade, and the migration matrix from one day to another."""
    at, report, places = await grades_asked(read, ask)
    return GradesView(grades=list(GRADES), compared_with=report.first, items=report.spread(ask.level, places),
                      total=report.whole(), matrix=report.matrix(), seen=Seen.of(at))  # fmt: skip


@router.get("/reports/grade-moves", permission="report.read", answers=MovesView)
async def moves(read: Read, ask: Annotated[GradeMovesAsked, Query()]) -> MovesView:
    """The dealers of a cell, with both grades and their decisions."""
    at, report, _ = await grades_asked(read, ask)
    moved = report.page(ask.before, ask.grade, behind=ask.after, limit=ask.limit)
    return MovesView(compared_with=report.first, items=moved.rows, found=moved.found, next=moved.following,
                     seen=Seen.of(at))  # fmt: skip
