"""From what a request asks to what is read: one place for pages, JSON and exports, so that their figures agree."""

from __future__ import annotations

from reporting.asking import DealersAsked, SalesAsked
from reporting.reading.dealers import DealerPage, Filters, dealer_page
from reporting.reading.memory import memory_of
from reporting.reading.months import read_range
from reporting.reading.places import Places, places
from reporting.reading.sales import SalesQuestion, SalesReport, sales_report
from reporting.reading.standpoint import Standpoint, standpoint
from service.context import ReadContext


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
