"""What a file may be at most; every figure is checked before or while the file is read, never after."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one import, in bytes, rows and characters.

    `spool_rows` bounds what pass 2 holds at once: a 64th of `rows` is 125,000 on average.
    `xlsx_rows` is the sheet's own limit; `xlsx_ratio` is unzipped ÷ zipped (real sheets: 5 to 60).
    """

    file_bytes: int = 512 * MIB
    rows: int = 8_000_000
    columns: int = 256
    line_bytes: int = 1 * MIB
    slice_rows: int = 5_000
    spool_rows: int = 200_000
    dealers: int = 500_000
    xlsx_entries: int = 1_000
    xlsx_bytes: int = 1024 * MIB
    xlsx_part_bytes: int = 16 * MIB
    xlsx_strings_bytes: int = 64 * MIB
    xlsx_row_bytes: int = 4 * MIB
    xlsx_ratio: int = 200
    xlsx_rows: int = 1_048_576
