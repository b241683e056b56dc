"""Files for imports to read: the profiles that ship, the samples, the real data where it is there."""

import csv
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from service.imports import MappedRecord, Profile, RowVerdict, SaleLine, load_profile

REPOSITORY = Path(__file__).parents[4]
DATA = REPOSITORY.parent / "shared" / "data"
HEADER = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")


class Ledger:
    """A sink that behaves as a log of facts does: the first of an identity is accepted, a later one a duplicate."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, ...], MappedRecord] = {}
        self.sizes: list[int] = []

    async def __call__(self, records: list[MappedRecord]) -> list[RowVerdict]:
        self.sizes.append(len(records))
        return [RowVerdict(record.row, self._keep(record)) for record in records]

    def _keep(self, record: MappedRecord) -> Any:
        identity = record.identity if isinstance(record, SaleLine) else (record.source, record.document)
        return "accepted" if self.records.setdefault(identity, record) is record else "duplicate"


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture(scope="session")
def another_ledger() -> Callable[[], Ledger]:
    return Ledger


@pytest.fixture(scope="session")
def profiles() -> dict[str, Profile]:
    files = (REPOSITORY / "services").glob("*/*/profiles/*.toml")
    return {profile.profile: profile for profile in map(load_profile, files)}


@pytest.fixture(scope="session")
def retail(profiles: dict[str, Profile]) -> Profile:
    return profiles["online-retail-2009-10"]


@pytest.fixture(scope="session")
def sample() -> Path:
    return REPOSITORY / "sample"


@pytest.fixture(scope="session")
def data() -> Path:
    if not DATA.is_dir():
        pytest.skip("the real data is not beside the repository (../shared/data)")
    return DATA


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: Sequence[Sequence[Any]], name: str = "rows.csv", header: Sequence[str] = HEADER) -> Path:
        path = tmp_path / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return write


@pytest.fixture
def xlsx_file(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: Sequence[Sequence[Any]], name: str = "rows.xlsx", header: Sequence[str] = HEADER) -> Path:
        path = tmp_path / name
        book = xlsxwriter.Workbook(
            str(path), {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd hh:mm:ss"}
        )
        sheet = book.add_worksheet()
        for number, row in enumerate([header, *rows]):
            for at, value in enumerate(row):
                if value is not None:
                    sheet.write(number, at, value)
        book.close()
        return path

    return write


@pytest.fixture
def rewritten() -> Callable[..., Path]:
    """A copy of a workbook with parts changed (bytes), or left out (None)."""

    def rewrite(source: Path, parts: dict[str, bytes | None], name: str = "changed.xlsx") -> Path:
        path = source.with_name(name)
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
            for entry in old.infolist():
                content = parts.get(entry.filename, old.read(entry))
                if content is not None:
                    new.writestr(entry.filename, content)
            for added in set(parts) - set(old.namelist()):
                new.writestr(added, parts[added] or b"")
        return path

    return rewrite
