"""XLSX, streamed: one row in memory at a time, after `xlsx_guard` has looked at the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from service.imports.limits import Limits
from service.imports.refusals import ImportRefused, RowError
from service.imports.tables import ErrorCell, Format, FormulaCell, Slice, header_of
from service.imports.xlsx_guard import inspect_workbook


class XlsxTable:
    """One sheet of a workbook: the one that the profile names, else the first."""

    format: Format = "xlsx"
    unit: Literal["bytes", "rows"] = "rows"

    def __init__(self, path: Path, *, sheet: str | None, limits: Limits) -> None:
        if not openpyxl.DEFUSEDXML:
            raise ImportRefused("not-safe", "openpyxl runs without defusedxml; unset OPENPYXL_DEFUSEDXML.")
        rows_of = inspect_workbook(path, limits=limits)
        self._limits = limits
        self._sheet = open_sheet(path, sheet)
        self.total: int | None = rows_of.get(self._sheet._worksheet_path.lstrip("/"))
        self.columns = next(
            (header_of(cells, most=limits.columns) for _, cells in self._records() if any(cells)), ()
        ) or header_of((), most=limits.columns)

    def _records(self) -> Iterator[tuple[int, list[Any]]]:
        """(row number, values) of every row that the sheet holds, empty ones too."""
        number = 0
        try:
            for number, cells in enumerate(self._sheet.iter_rows(), start=1):
                if number > self._limits.xlsx_rows:
                    raise ImportRefused("too-many-rows", f"The sheet goes past row {self._limits.xlsx_rows:,}.")
                yield number, [value_of(cell) for cell in cells]
        except ImportRefused:
            raise
        except Exception as error:  # openpyxl lets KeyError, IndexError, ParseError, zlib.error … through
            raise broken(error, after=number) from None

    def slices(self) -> Iterator[Slice]:
        """Slices of at most `limits.slice_rows` rows; a row without any value is no record but keeps its number."""
        width, header_seen, part = len(self.columns), False, Slice([], [], 0)
        for number, cells in self._records():
            if not any(cell is not None for cell in cells):
                continue
            if not header_seen:
                header_seen = True
                continue
            if any(cell is not None for cell in cells[width:]):
                part.faults[number] = RowError(number, "ragged-row", f"The row has cells beyond the header's {width}.")
            elif len(cells) != width:
                cells = (cells + [None] * width)[:width]
            part.numbers.append(number)  # type: ignore[attr-defined]
            part.rows.append(cells)  # type: ignore[attr-defined]
            part.done = number
            if len(part.rows) >= self._limits.slice_rows:
                yield part
                part = Slice([], [], number)
        yield part


def open_sheet(path: Path, name: str | None) -> ReadOnlyWorksheet:
    """The named or the first worksheet, its declared dimension forgotten: a forged one would pad every row."""
    try:
        # Opened here: openpyxl would judge a path by its suffix, and what was uploaded has none.
        book = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=False, keep_links=False)
        sheets = {sheet.title: sheet for sheet in book.worksheets if isinstance(sheet, ReadOnlyWorksheet)}
    except Exception as error:  # see `_records`
        raise broken(error, after=0) from None
    if not sheets:
        raise ImportRefused("broken-file", "The workbook holds no worksheet.")
    if name is not None and name not in sheets:
        raise ImportRefused("missing-sheet", f"The workbook has no sheet {name!r}; it has {', '.join(sheets)[:200]}.")
    sheet = sheets[name] if name is not None else next(iter(sheets.values()))
    sheet.reset_dimensions()
    return sheet


def value_of(cell: Any) -> Any:
    """The cell's value; a formula or an error keeps its text but is told apart from text."""
    match cell.data_type:
        case "f":
            return FormulaCell(getattr(cell.value, "text", cell.value))
        case "e":
            return ErrorCell(cell.value)
        case _:
            return cell.value


def broken(error: BaseException, *, after: int) -> ImportRefused:
    """A named refusal for whatever the parser said, cut to one line."""
    said = (str(error).splitlines() or [""])[0][:160]
    place = f" after row {after}" if after else ""
    return ImportRefused("broken-file", f"The XLSX file cannot be read{place}: {type(error).__name__} {said}".rstrip())
