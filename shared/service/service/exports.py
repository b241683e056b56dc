"""Rows that go out: CSV and XLSX of exactly what a report shows, streamed, with the header in the reader's language."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Sequence

from service.export_cells import (
    SHEET_ROWS,
    Column,
    ExportRefused,
    Kind,
    Rows,
    cell_text,
    check_count,
    neutral_text,
    stream,
)
from service.export_sheets import write_xlsx

__all__ = ["Column", "ExportRefused", "Kind", "Rows", "csv_stream", "neutral_text", "write_xlsx"]

FLUSHED_ROWS = 500
"""Rows a piece of the CSV stream."""


async def csv_stream(
    columns: Sequence[Column], rows: Rows, *, language: str = "en", most_rows: int = SHEET_ROWS
) -> AsyncIterator[bytes]:
    """CSV in pieces: UTF-8 with a byte order mark (spreadsheets need it for Chinese), CRLF, header in `language`.

    Raises ExportRefused past `most_rows`; count first where a cut stream would be misread.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write("\ufeff")
    writer.writerow([neutral_text(column.title(language)) for column in columns])
    count = 0
    async for row in stream(rows):
        count += 1
        check_count(count, most_rows)
        writer.writerow([cell_text(value, column) for value, column in zip(row, columns, strict=True)])
        if count % FLUSHED_ROWS == 0:
            await asyncio.sleep(0)
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
