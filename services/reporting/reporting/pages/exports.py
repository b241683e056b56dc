"""Files of exactly what a page shows, `/exports/…` beside each report; every one is recorded as an event."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query
from starlette.responses import Response

from eventlog.meta import Meta
from eventlog.position import cut_to_json
from events.ids import request_hash, uuid7
from reporting.asking import AgeingExported, DealersExported, GradeMovesExported, GradesExported, SalesExported
from reporting.columns import DEALERS, GRADE_MOVES, SALES, ReportColumn, of_ageing, of_grades
from reporting.domain.export import EXPORT, RecordExport
from reporting.pages.view import language, page
from reporting.reading.asked import ageing_asked, dealers_asked, grades_asked, sales_asked
from reporting.reading.places import Places
from reporting.reading.standpoint import Standpoint
from service.context import Read, ReadContext
from service.exports import csv_stream, write_xlsx
from service.presenting import correlation
from service.routing import Router

router = Router("exports")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Format = Literal["csv", "xlsx"]
FILES = ("text/csv", XLSX)


@router.get("/exports/dealers", permission="report.export", page=True, gives=FILES)
@page
async def dealers(read: Read, ask: Annotated[DealersExported, Query()]) -> Response:
    """The dealer list as CSV or XLSX: the page that is shown, or with `whole` all of it."""
    at, shown, places = await dealers_asked(read, ask, whole=bool(ask.whole))
    return await exported(read, at, "dealers", ask.format, DEALERS, shown.rows, places)


@router.get("/exports/monthly-sales", permission="report.export", page=True, gives=FILES)
@page
async def monthly_sales(read: Read, ask: Annotated[SalesExported, Query()]) -> Response:
    """The monthly sales report as CSV or XLSX."""
    at, report, places, _ = await sales_asked(read, ask)
    return await exported(read, at, "monthly-sales", ask.format, SALES, report.rows, places)


@router.get("/exports/ageing", permission="report.export", page=True, gives=FILES)
@page
async def ageing(read: Read, ask: Annotated[AgeingExported, Query()]) -> Response:
    """The ageing matrix as CSV or XLSX: the page that is shown, or with `whole` all of it."""
    at, matrix, places = await ageing_asked(read, ask, whole=bool(ask.whole))
    return await exported(read, at, "ageing", ask.format, of_ageing(matrix.columns), matrix.rows, places)


@router.get("/exports/grades", permission="report.export", page=True, gives=FILES)
@page
async def grades(read: Read, ask: Annotated[GradesExported, Query()]) -> Response:
    """Grades by place as CSV or XLSX."""
    at, report, places = await grades_asked(read, ask)
    rows = report.spread(ask.level, places)
    return await exported(read, at, "grades", ask.format, of_grades(), rows, places)


@router.get("/exports/grade-moves", permission="report.export", page=True, gives=FILES)
@page
async def grade_moves(read: Read, ask: Annotated[GradeMovesExported, Query()]) -> Response:
    """The dealers of a cell of the migration matrix as CSV or XLSX: the page that is shown, or with `whole` all."""
    at, report, places = await grades_asked(read, ask)
    behind, limit = ("", None) if ask.whole else (ask.after, ask.limit)
    moved = report.page(ask.before, ask.grade, behind=behind, limit=limit)
    return await exported(read, at, "grade-moves", ask.format, GRADE_MOVES, moved.rows, places)


async def exported(
    read: ReadContext,
    at: Standpoint,
    report: str,
    format: Format,
    columns: Sequence[ReportColumn],
    rows: Sequence[Any],
    places: Places,
) -> Response:
    """Write the file, record the export, and only then hand it over."""
    made = [column.exported(read.runtime.settings.currency) for column in columns]
    cells = [[column.of(row, places) for column in columns] for row in rows]
    words = language(read)
    if format == "csv":
        content = b"".join([piece async for piece in csv_stream(made, cells, language=words)])
    else:
        with TemporaryDirectory(prefix="dealerlog-") as folder:
            path = Path(folder) / "report.xlsx"
            await write_xlsx(path, made, cells, language=words, sheet=report)
            content = path.read_bytes()
    await record(read, at, report, format, len(cells))
    name = f"{report}-{at.as_of}-{at.short}.{format}"
    media_type = "text/csv; charset=utf-8" if format == "csv" else XLSX
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return Response(content, media_type=media_type, headers=headers)


async def record(read: ReadContext, at: Standpoint, report: str, format: Format, rows: int) -> None:
    """Write `ReportExported`: who took which rows out, known at which cut."""
    filters = {name: value for name, value in read.request.query_params.items() if value and name != "known_at"}
    command = RecordExport(
        report=report, format=format, filters=filters, rows=rows, cut=cut_to_json(at.cut), by=read.caller.login
    )
    identity: UUID = uuid7()
    meta = Meta(
        actor=read.caller.login,
        business_date=read.today,
        command_id=identity,
        request_hash=request_hash(command.model_dump(mode="json")),
        correlation=correlation(read.request),
    )
    await read.runtime.log.handle(EXPORT, f"export-{identity}", command, meta)
