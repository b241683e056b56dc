"""From what a request asks to what is read: one place for pages, JSON and exports, so that their figures agree."""

from __future__ import annotations

from datetime import timedelta

from reporting.asking import AgeingAsked, DealersAsked, GradesAsked, SalesAsked
from reporting.i18n import N_
from reporting.reading.ageing import AgeingMatrix, AgeingQuestion, ageing_matrix
from reporting.reading.dealers import DealerPage, Filters, dealer_page
from reporting.reading.grades import GradeReport, grade_report
from reporting.reading.memory import memory_of
from reporting.reading.months import read_range
from reporting.reading.onboarded import Inside
from reporting.reading.places import Places, places
from reporting.reading.sales import SalesQuestion, SalesReport, sales_report
from reporting.reading.standpoint import Standpoint, read_day, standpoint
from reporting.reading.wrong import Wrong
from service.context import ReadContext

QUARTER_DAYS = 91
"""How far back grades are compared unless a day is named: dealers are rated anew every three months (domain.md 2.5)."""


async def dealers_asked(
    read: ReadContext, ask: DealersAsked, *, whole: bool = False
) -> tuple[Standpoint, DealerPage, Places]:
    """A page of the dealer list, or with `whole` all of it."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    filters = Filters(ask.q, ask.region, ask.branch, ask.territory, ask.grade, ask.abc, bool(ask.overdue))
    async with read.snapshot() as conn:
        page = await dealer_page(
            conn,
            at,
            memory_of(read),
            filters=filters,
            sort=ask.sort,
            descending=ask.order == "desc",
            limit=None if whole else ask.limit,
            after=None if whole else ask.after or None,
        )
        return at, page, await places(conn)


async def sales_asked(read: ReadContext, ask: SalesAsked) -> tuple[Standpoint, SalesReport, Places, SalesQuestion]:
    """The monthly sales report."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    first, last = read_range(ask.first, ask.last, at.as_of)
    question = SalesQuestion(first=first, last=last, level=ask.level, branch=ask.branch, region=ask.region)
    async with read.snapshot() as conn:
        names = await places(conn)
        return at, await sales_report(conn, at, question, names), names, question


async def ageing_asked(
    read: ReadContext, ask: AgeingAsked, *, whole: bool = False
) -> tuple[Standpoint, AgeingMatrix, Places]:
    """A page of the ageing matrix, or with `whole` all of it."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    question = AgeingQuestion(
        level=ask.level,
        inside=Inside(ask.region, ask.branch, ask.territory, ask.dealer or None),
        by=ask.by,
        sort=ask.sort,
        descending=ask.order == "desc",
        limit=None if whole else ask.limit,
        after="" if whole else ask.after,
    )
    async with read.snapshot() as conn:
        names = await places(conn)
        return at, await ageing_matrix(conn, at, question, names), names


async def grades_asked(read: ReadContext, ask: GradesAsked) -> tuple[Standpoint, GradeReport, Places]:
    """Grades in force on two days, in the part of the company that is asked for."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    first = read_day(ask.first, "from") or at.as_of - timedelta(days=QUARTER_DAYS)
    if first > at.as_of:
        raise Wrong("invalid", N_("Grades are compared with an earlier day than the as-of day: choose one before it."))
    async with read.snapshot() as conn:
        report = await grade_report(conn, at, first, Inside(ask.region, ask.branch, ask.territory))
        return at, report, await places(conn)
