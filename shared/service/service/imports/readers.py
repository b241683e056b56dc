"""Open a file of any of the three formats; what it is is told by its first bytes, which its name must agree with."""

import hashlib
from pathlib import Path

from service.imports.csv_rows import CsvTable
from service.imports.limits import Limits
from service.imports.refusals import ImportRefused
from service.imports.tables import Format, Table

EXTENSIONS: dict[str, Format] = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}
CHUNK = 1024 * 1024


def open_table(
    path: Path,
    *,
    name: str | None = None,
    encoding: str = "utf-8",
    delimiter: str = ",",
    sheet: str | None = None,
    limits: Limits | None = None,
) -> Table:
    """Open `path` for reading in slices.

    `name` is the name that the sender gave (an upload lies under another one). Raises ImportRefused for a file that is
    missing, empty, over `limits.file_bytes`, of another format than its name says, or broken.
    """
    limits = limits or Limits()
    match format_of(path, name=name or path.name, limits=limits):
        case "parquet":  # the libraries of both are loaded with the first such file: a service starts a second sooner
            from service.imports.parquet_rows import ParquetTable

            return ParquetTable(path, limits=limits)
        case "xlsx":
            from service.imports.xlsx_rows import XlsxTable

            return XlsxTable(path, sheet=sheet, limits=limits)
        case "csv":
            return CsvTable(path, encoding=encoding, delimiter=delimiter, limits=limits)


def format_of(path: Path, *, name: str, limits: Limits) -> Format:
    """The format, by the first bytes; refuses when the extension says another."""
    if not path.is_file():
        raise ImportRefused("no-file", f"There is no file {name}.")
    size = path.stat().st_size
    if size == 0:
        raise ImportRefused("empty-file", f"{name} is empty.")
    if size > limits.file_bytes:
        raise ImportRefused("file-too-large", f"{name} has {size:,} bytes; at most {limits.file_bytes:,}. Split it.")
    said = EXTENSIONS.get(Path(name).suffix.lower())
    if said is None:
        raise ImportRefused("unknown-format", f"{name} is neither .csv, .xlsx nor .parquet.")
    found = format_by_bytes(path)
    if found != said:
        raise ImportRefused("wrong-extension", f"{name} is named as {said} but holds {found}; name it as what it is.")
    return found


def format_by_bytes(path: Path) -> Format:
    """What the first four bytes say; anything that is not a known container is read as text."""
    with path.open("rb") as file:
        start = file.read(4)
    match start:
        case b"PK\x03\x04" | b"PK\x05\x06":
            return "xlsx"
        case b"PAR1":
            return "parquet"
        case b"\xd0\xcf\x11\xe0":
            raise ImportRefused(
                "old-or-encrypted-file", "This is an old .xls or an encrypted workbook; save it as .xlsx."
            )
        case _:
            return "csv"


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, as lower-case hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
