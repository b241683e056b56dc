"""CSV, line by line, with a verdict for every malformed record.

The standard library's reader is used and not polars: polars either refuses a whole file for one ragged row or cuts
the row silently, and every row must get its own verdict here. A cell beyond 131,072 characters (the reader's own limit)
is an error of its record.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from service.imports.limits import Limits
from service.imports.refusals import ImportRefused, RowError
from service.imports.tables import Format, Slice, header_of

UTF8_BOM = b"\xef\xbb\xbf"
OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")


class Lines:
    """Decoded lines of an open file, each bounded; remembers the bytes read and whether a NUL was met."""

    def __init__(self, file: BinaryIO, *, encoding: str, longest: int) -> None:
        self._file = file
        self._encoding = encoding
        self._longest = longest
        self.bytes_read = 0
        self.line = 0
        self.nul = False

    def __iter__(self) -> Iterator[str]:
        while raw := self._file.readline(self._longest):
            self.bytes_read += len(raw)
            self.line += 1
            if len(raw) >= self._longest:
                raise ImportRefused("line-too-long", f"Line {self.line} is longer than {self._longest:,} bytes.")
            if b"\0" in raw:
                self.nul = True
            try:
                yield raw.decode(self._encoding)
            except UnicodeDecodeError as error:
                raise ImportRefused(
                    "encoding",
                    f"Line {self.line} is not {self._encoding} text ({error.reason}, byte {error.start + 1}); "
                    'save the file as UTF-8 or use a profile with encoding = "gb18030".',
                ) from None


class CsvTable:
    """A CSV file: UTF-8 with or without a byte order mark, else the encoding that the profile declares."""

    format: Format = "csv"
    unit: Literal["bytes", "rows"] = "bytes"

    def __init__(self, path: Path, *, encoding: str, delimiter: str, limits: Limits) -> None:
        self._path = path
        self._delimiter = delimiter
        self._limits = limits
        with path.open("rb") as file:
            start = file.read(3)
        if start.startswith(OTHER_BOMS):
            raise ImportRefused("encoding", "The file is UTF-16 text; save it as UTF-8.")
        self._skip = len(UTF8_BOM) if start == UTF8_BOM else 0
        self._encoding = "utf-8" if self._skip else encoding
        self.total: int | None = path.stat().st_size
        self.columns = self._header()

    def _open(self, file: BinaryIO) -> tuple[Lines, Iterator[list[str]]]:
        file.seek(self._skip)
        lines = Lines(file, encoding=self._encoding, longest=self._limits.line_bytes)
        return lines, csv.reader(iter(lines), delimiter=self._delimiter, strict=False)

    def _header(self) -> tuple[str, ...]:
        with self._path.open("rb") as file:
            _, reader = self._open(file)
            try:
                cells: list[str] = next((record for record in reader if record), [])
            except csv.Error as error:
                raise ImportRefused("broken-file", f"The header cannot be read: {error}.") from None
        return header_of(cells, most=self._limits.columns)

    def slices(self) -> Iterator[Slice]:
        """Slices of at most `limits.slice_rows` records; blank lines are no records but keep their number."""
        with self._path.open("rb") as file:
            lines, reader = self._open(file)
            width, number, header_seen = len(self.columns), 0, False
            part = Slice([], [], 0)
            while True:
                number += 1
                try:
                    record = next(reader, None)
                    fault = None
                except csv.Error as error:
                    record, fault = [], RowError(number, "unreadable-row", f"The record cannot be read: {error}.")
                if record is None:
                    break
                if not record and fault is None:
                    continue
                if not header_seen:
                    header_seen = True
                    continue
                self._check_count(number)
                if lines.nul:
                    lines.nul = False
                    fault = fault or RowError(number, "nul-character", "The row holds a NUL character.")
                if len(record) != width and fault is None:
                    fault = self._ragged(number, record)
                part = self._add(part, number, record, fault)
                if len(part.rows) >= self._limits.slice_rows:
                    part.done = lines.bytes_read
                    yield part
                    part = Slice([], [], 0)
            part.done = lines.bytes_read
            yield part

    def _check_count(self, number: int) -> None:
        if number > self._limits.rows:
            raise ImportRefused("too-many-rows", f"The file has more than {self._limits.rows:,} rows; split it.")

    def _ragged(self, number: int, record: list[str]) -> RowError | None:
        width = len(self.columns)
        if len(record) > width and not any(cell.strip() for cell in record[width:]):
            return None
        return RowError(number, "ragged-row", f"The row has {len(record)} cells, the header {width}.")

    @staticmethod
    def _add(part: Slice, number: int, record: list[str], fault: RowError | None) -> Slice:
        part.numbers.append(number)  # type: ignore[attr-defined]
        part.rows.append(record)  # type: ignore[attr-defined]
        if fault is not None:
            part.faults[number] = fault
        return part
