"""The file that goes back to whoever sent the rows: each with its verdict, the reason and the original cells."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from service.exports import neutral_text
from service.imports.tables import Slice, Table
from service.imports.verdicts import Verdicts

PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)


def cell_text(cell: Any) -> str:
    """The cell as CSV text: a number stays one, text that a spreadsheet would compute is neutralised."""
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case int() | float():
            return repr(cell)
        case str():
            return cell if PLAIN_NUMBER.fullmatch(cell) else neutral_text(str(cell))
        case _:
            return str(cell)


def write_error_file(path: Path, columns: Iterable[str], slices: Iterable[Slice], verdicts: Verdicts) -> None:
    """Rejected rows in the order of the file: row, code, reason, cells."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "code", "reason", *map(cell_text, columns)])
        for part in slices:
            for row, cells in zip(part.numbers, part.rows, strict=True):
                if verdicts.rejected(row):
                    _, code, reason = verdicts.of(row)
                    writer.writerow([row, code, neutral_text(reason), *map(cell_text, cells)])


def write_preview(path: Path, columns: Iterable[str], slices: Iterable[Slice], verdicts: Verdicts) -> None:
    """Every row in the order of the file: row, verdict, code, reason, cells."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "verdict", "code", "reason", *map(cell_text, columns)])
        for part in slices:
            for row, cells in zip(part.numbers, part.rows, strict=True):
                verdict, code, reason = verdicts.of(row)
                writer.writerow([row, verdict, code, neutral_text(reason), *map(cell_text, cells)])


class RowCopy:
    """The rows of a table that is slow to read (XLSX), copied while they are read, so that they are parsed once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoder = msgspec.msgpack.Encoder(enc_hook=str)

    def copying(self, slices: Iterable[Slice]) -> Iterator[Slice]:
        """The same slices, written to the copy as they pass."""
        with self._path.open("wb") as file:
            for part in slices:
                self._write(file, part)
                yield part

    def _write(self, file: BinaryIO, part: Slice) -> None:
        cells = [[cell_text(cell) for cell in cells] for cells in part.rows]
        packed = self._encoder.encode((list(part.numbers), cells))
        file.write(len(packed).to_bytes(4, "big") + packed)

    def slices(self) -> Iterator[Slice]:
        """The copied rows, as text."""
        decoder = msgspec.msgpack.Decoder(tuple[list[int], list[list[str]]])
        with self._path.open("rb") as file:
            while size := int.from_bytes(file.read(4), "big"):
                numbers, rows = decoder.decode(file.read(size))
                yield Slice(numbers, rows, numbers[-1] if numbers else 0)


def copied(table: Table, folder: Path) -> tuple[Iterator[Slice], Iterable[Slice]]:
    """(slices to read now, slices to read again): only XLSX is copied, the others are quick to read twice."""
    if table.format != "xlsx":
        return table.slices(), _Again(table)
    copy = RowCopy(folder / "rows.copy")
    return copy.copying(table.slices()), _Again(copy)


class _Again:
    def __init__(self, table: Table | RowCopy) -> None:
        self._table = table

    def __iter__(self) -> Iterator[Slice]:
        return self._table.slices()
