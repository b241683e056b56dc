"""XLSX that goes out: one sheet, constant memory, a format a column."""

import asyncio
import datetime
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from service.export_cells import (
    EXACT_DIGITS,
    SHEET_ROWS,
    Column,
    Rows,
    cell_text,
    check_count,
    in_utc,
    neutral_text,
    stream,
)

FLUSHED_ROWS = 500
FORBIDDEN_IN_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


async def write_xlsx(
    path: Path,
    columns: Sequence[Column],
    rows: Rows,
    *,
    language: str = "en",
    sheet: str = "Sheet1",
    most_rows: int = SHEET_ROWS,
) -> int:
    """Write a workbook of one sheet in constant memory; answers the number of rows.

    The temporary parts lie beside `path`. On ExportRefused or any fault nothing is left at `path`.
    """
    options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_numbers": False}
    book = xlsxwriter.Workbook(str(path), options)
    try:
        page = _Page(book, columns, language=language, sheet=sheet)
        count = 0
        async for row in stream(rows):
            count += 1
            check_count(count, min(most_rows, SHEET_ROWS))
            page.write(count, row)
            if count % FLUSHED_ROWS == 0:
                await asyncio.sleep(0)
        page.finish(count)
        await asyncio.to_thread(book.close)
        return count
    except BaseException:
        discard(book, path)
        raise


def discard(book: Any, path: Path) -> None:
    """Close a half-written workbook and remove it."""
    book.close()
    path.unlink(missing_ok=True)


class _Page:
    """One sheet with its formats: header frozen and filtered, a number format a column."""

    def __init__(self, book: Any, columns: Sequence[Column], *, language: str, sheet: str) -> None:
        self._columns = columns
        self._sheet = book.add_worksheet(sheet_name(sheet))
        titles = [neutral_text(column.title(language)) for column in columns]
        right = {"align": "right"}
        header = {True: book.add_format({"bold": True, **right}), False: book.add_format({"bold": True})}
        forms = {form: book.add_format({"num_format": form}) for form in {number_format(c) for c in columns} if form}
        self._forms = [forms.get(number_format(column)) for column in columns]
        for at, (column, title) in enumerate(zip(columns, titles, strict=True)):
            self._sheet.set_column(at, at, column.width or width_of(column, title), self._forms[at])
        self._sheet.freeze_panes(1, 0)
        for at, (column, title) in enumerate(zip(columns, titles, strict=True)):
            self._sheet.write_string(0, at, title, header[column.kind in ("money", "decimal", "integer", "share")])

    def write(self, number: int, row: Sequence[Any]) -> None:
        """Write row `number` (the header is 0)."""
        for at, (value, column) in enumerate(zip(row, self._columns, strict=True)):
            self._write_cell(number, at, value, column, self._forms[at])

    def _write_cell(self, number: int, at: int, value: Any, column: Column, form: Any) -> None:
        match value:
            case None:
                return
            case bool():
                self._sheet.write_boolean(number, at, value)
            case Decimal() | int() if fits_a_number(value):
                self._sheet.write_number(number, at, value, form)
            case datetime.datetime():
                self._sheet.write_datetime(number, at, in_utc(value), form)
            case datetime.date():
                self._sheet.write_datetime(number, at, value, form)
            case _:
                self._sheet.write_string(number, at, cell_text(value, column))

    def finish(self, rows: int) -> None:
        """Put the filter over what was written."""
        if self._columns:
            self._sheet.autofilter(0, 0, rows, len(self._columns) - 1)


def fits_a_number(value: Decimal | int) -> bool:
    """Whether a spreadsheet's number holds the figure exactly."""
    figure = Decimal(value)
    if not figure.is_finite():
        return False
    return len(figure.normalize().as_tuple().digits) <= EXACT_DIGITS and abs(figure.adjusted()) < 99


def number_format(column: Column) -> str:
    """The spreadsheet's format of a column; empty for text."""
    places = "." + "0" * column.scale if column.scale else ""
    match column.kind:
        case "integer":
            return "#,##0"
        case "money":
            return f"#,##0{places};(#,##0{places})"
        case "decimal":
            return f"#,##0{places}"
        case "share":
            return f"0{places}"
        case "date":
            return "yyyy-mm-dd"
        case "moment":
            return "yyyy-mm-dd hh:mm:ss"
        case _:
            return ""


def width_of(column: Column, title: str) -> int:
    """A sensible width in characters: the title's, with room for what the column holds; wide signs count double."""
    wide = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in title)
    room = {"text": 24, "money": 16, "decimal": 14, "share": 10, "integer": 12, "date": 12, "moment": 20, "boolean": 8}
    return min(60, max(wide + 3, room[column.kind]))


def sheet_name(name: str) -> str:
    """The name without what a spreadsheet forbids, at most 31 characters."""
    kept = FORBIDDEN_IN_SHEET_NAME.sub(" ", name).strip().strip("'")[:31].strip().strip("'")
    return "Sheet1" if not kept or kept.lower() == "history" else kept
