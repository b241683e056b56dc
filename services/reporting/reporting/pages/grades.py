"""Grades by place and the migration matrix, `/reports/grades`; the dealers of a cell, `/reports/grade-moves`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from reporting.asking import GradeMovesAsked, GradesAsked
from reporting.columns import GRADE_MOVES, of_grades
from reporting.pages.view import page, render
from reporting.reading.asked import grades_asked
from reporting.reading.grades import GRADES
from service.context import Read
from service.routing import Router

router = Router("pages")


@router.get("/reports/grades", permission="report.read", page=True, include_in_schema=False)
@page
async def grades(read: Read, ask: Annotated[GradesAsked, Query()]) -> Response:
    """How dealers are spread over the grades, and how they moved since another day."""
    at, report, places = await grades_asked(read, ask)
    return render(read, "grades.html", at=at, report=report, rows=report.spread(ask.level, places),
                  whole=report.whole(), matrix=report.matrix(), grades=GRADES, places=places, ask=ask,
                  columns=of_grades())  # fmt: skip


@router.get("/reports/grade-moves", permission="report.read", page=True, include_in_schema=False)
@page
async def moves(read: Read, ask: Annotated[GradeMovesAsked, Query()]) -> Response:
    """The dealers of one cell, each with the decisions behind both grades."""
    at, report, places = await grades_asked(read, ask)
    moved = report.page(ask.before, ask.grade, behind=ask.after, limit=ask.limit)
    return render(read, "grade_moves.html", at=at, report=report, moved=moved, places=places, ask=ask,
                  columns=GRADE_MOVES)  # fmt: skip
