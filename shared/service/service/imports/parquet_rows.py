"""Parquet in slices: only a slice's rows are in memory, never the table."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl

from service.imports.limits import Limits
from service.imports.refusals import ImportRefused
from service.imports.tables import Format, Slice, header_of

SLICE_ROWS = 20_000
"""Rows a slice: below it the cost of planning each read shows."""


class ParquetTable:
    """A Parquet file; nested and binary columns are left out, a profile can map none of them."""

    format: Format = "parquet"
    unit: Literal["bytes", "rows"] = "rows"

    def __init__(self, path: Path, *, limits: Limits) -> None:
        self._path = path
        try:
            schema = pl.scan_parquet(path).collect_schema()
            plain = [name for name, kind in schema.items() if not kind.is_nested() and kind != pl.Binary]
            self._frame = pl.scan_parquet(path).select(plain)
            rows = int(pl.scan_parquet(path).select(pl.len()).collect().item())
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise broken(error) from None
        if rows > limits.rows:
            raise ImportRefused(
                "too-many-rows", f"The file has {rows:,} rows; at most {limits.rows:,} are read. Split it."
            )
        self.columns = header_of(plain, most=limits.columns)
        self.total: int | None = rows

    def slices(self) -> Iterator[Slice]:
        """Slices of 20,000 rows, read one after the other."""
        total = self.total or 0
        for start in range(0, total, SLICE_ROWS):
            try:
                rows = self._frame.slice(start, SLICE_ROWS).collect().rows()
            except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
                raise broken(error) from None
            if len(rows) != min(SLICE_ROWS, total - start):
                raise ImportRefused("broken-file", "The Parquet file holds fewer rows than it says.")
            yield Slice(range(start + 1, start + len(rows) + 1), rows, start + len(rows))


def broken(error: BaseException) -> ImportRefused:
    """A named refusal for whatever the reader said, cut to one line."""
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return ImportRefused("broken-file", f"The Parquet file cannot be read: {said[:200]}")
