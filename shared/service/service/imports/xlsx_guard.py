"""What is checked of an XLSX file before anything parses it: entries, sizes, ratio, declarations, rows.

A workbook is a zip of XML: it can be a bomb (a few KiB that unpack to terabytes), name entities that grow without end,
or hold one row of a hundred million cells, which a parser keeps whole. stack.md, trap 16.
"""

import re
import zipfile
import zlib
from pathlib import Path

from service.imports.limits import Limits
from service.imports.refusals import ImportRefused

ROW_TAG = re.compile(rb"<(?:[A-Za-z][\w.-]*:)?row[\s/>]")
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
CHUNK = 1024 * 1024
OVERLAP = 64
"""Bytes carried from one chunk to the next, so that a tag cut in two is seen."""
REQUIRED = ("[Content_Types].xml", "xl/workbook.xml")
SMALL = 1024 * 1024
"""Below this size a ratio says nothing: a few KiB of equal rows pack a thousandfold."""


def inspect_workbook(path: Path, *, limits: Limits) -> dict[str, int]:
    """Refuse a hostile or broken workbook; answers the number of rows of each sheet part."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            check_entries(entries, limits=limits)
            return {
                entry.filename: scan_part(archive, entry, limits=limits)
                for entry in entries
                if entry.filename.endswith((".xml", ".rels"))
            }
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise ImportRefused("broken-file", f"The XLSX file cannot be unpacked: {error}") from None


def check_entries(entries: list[zipfile.ZipInfo], *, limits: Limits) -> None:
    """Refuse by what the zip's directory declares; unpacking stops at these sizes, whatever the data would give."""
    if len(entries) > limits.xlsx_entries:
        raise ImportRefused("zip-bomb", f"The workbook has {len(entries):,} parts; at most {limits.xlsx_entries:,}.")
    names = [entry.filename for entry in entries]
    if len(set(names)) != len(names):
        raise ImportRefused("broken-file", "The workbook holds two parts of one name.")
    for missing in (name for name in REQUIRED if name not in names):
        raise ImportRefused("broken-file", f"The workbook lacks its part {missing}.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > limits.xlsx_bytes:
        raise ImportRefused("zip-bomb", f"The workbook unpacks to {unpacked:,} bytes; at most {limits.xlsx_bytes:,}.")
    for entry in entries:
        check_entry(entry, limits=limits)


def check_entry(entry: zipfile.ZipInfo, *, limits: Limits) -> None:
    """Refuse one part by size, ratio or encryption."""
    if entry.flag_bits & 0x1:
        raise ImportRefused("encrypted-file", "The workbook is encrypted; save it without a password.")
    if entry.file_size > SMALL and entry.file_size > entry.compress_size * limits.xlsx_ratio:
        raise ImportRefused(
            "zip-bomb", f"The part {entry.filename} unpacks to more than {limits.xlsx_ratio} times its size."
        )
    if entry.filename.startswith("xl/worksheets/") or not entry.filename.endswith((".xml", ".rels")):
        return
    most = limits.xlsx_strings_bytes if entry.filename == "xl/sharedStrings.xml" else limits.xlsx_part_bytes
    if entry.file_size > most:
        raise ImportRefused(
            "part-too-large", f"The part {entry.filename} has {entry.file_size:,} bytes; at most {most:,}."
        )


def scan_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, *, limits: Limits) -> int:
    """Count a part's rows without parsing it; refuses declarations, other encodings and rows of absurd length."""
    sheet = entry.filename.startswith("xl/worksheets/")
    rows = since_row = 0
    tail = b""
    with archive.open(entry) as part:
        while chunk := part.read(CHUNK):
            if not tail and b"\0" in chunk[:64]:
                raise ImportRefused("hostile-file", f"The part {entry.filename} is not UTF-8 text.")
            window = tail + chunk
            if DECLARATION.search(window):
                raise ImportRefused("hostile-file", f"The part {entry.filename} declares a document type or entities.")
            ends = [found.end() for found in ROW_TAG.finditer(window) if found.end() > len(tail)]
            rows += len(ends)
            since_row = len(window) - ends[-1] if ends else since_row + len(chunk)
            if sheet and since_row > limits.xlsx_row_bytes:
                raise ImportRefused(
                    "row-too-large", f"A row of {entry.filename} is longer than {limits.xlsx_row_bytes:,} bytes."
                )
            tail = window[-OVERLAP:]
    if rows > limits.xlsx_rows:
        raise ImportRefused("too-many-rows", f"{entry.filename} has {rows:,} rows; a sheet holds {limits.xlsx_rows:,}.")
    return rows
