"""What every reader yields: slices of raw rows, each row with its number in the source."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from service.imports.refusals import ImportRefused, RowError

Format = Literal["csv", "xlsx", "parquet"]
Cells = Sequence[Any]
"""Raw values of one row: str, int, float, bool, date, datetime, Decimal or None."""


class FormulaCell(str):
    """The formula of a spreadsheet cell; its value is not a fact of the file."""


class ErrorCell(str):
    """A spreadsheet's own error value, such as #REF!."""


@dataclass(slots=True)
class Slice:
    """Some rows in the order of the file: `numbers[i]` is the row number of `rows[i]`.

    CSV and XLSX count the header as row 1, as a spreadsheet shows it; Parquet has no header and begins at 1.
    `faults` holds rows that were found broken while reading, by row number.
    `done` says how much of the table has been read, in the table's unit.
    """

    numbers: Sequence[int]
    rows: Sequence[Cells]
    done: int
    faults: dict[int, RowError] = field(default_factory=dict)


class Table(Protocol):
    """An opened file: its header, how much there is to read, and its slices (each call reads anew)."""

    @property
    def format(self) -> Format: ...
    @property
    def columns(self) -> tuple[str, ...]: ...
    @property
    def total(self) -> int | None: ...
    @property
    def unit(self) -> Literal["bytes", "rows"]: ...
    def slices(self) -> Iterator[Slice]: ...


def header_of(cells: Cells, *, most: int) -> tuple[str, ...]:
    """The header's names without surrounding blanks; refuses an empty, a binary or an absurdly wide one."""
    names = tuple("" if cell is None else str(cell).strip() for cell in cells)
    while names and not names[-1]:
        names = names[:-1]
    if not names:
        raise ImportRefused("no-header", "The first row names no column; the file must begin with its header.")
    if len(names) > most:
        raise ImportRefused("too-many-columns", f"The file has {len(names)} columns; at most {most} are read.")
    if any("\0" in name for name in names):
        raise ImportRefused("broken-file", "The header holds NUL characters; save the file as UTF-8 text.")
    return names
