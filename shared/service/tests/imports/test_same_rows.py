"""The same rows are the same facts as CSV, XLSX and Parquet, typed or text."""

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from service.imports import Profile, run_import


@pytest.mark.slow
async def test_the_same_rows_in_three_formats_give_the_same_identities(
    data: Path, retail: Profile, xlsx_file: Callable[..., Path], another_ledger: Callable[[], Any], tmp_path: Path
) -> None:
    frame = pl.read_parquet(data / "online-retail-2009-10.parquet").slice(200_000, 20_000)
    frame.write_parquet(tmp_path / "rows.parquet")
    frame.write_csv(tmp_path / "rows.csv")
    typed = frame.with_columns(pl.col("InvoiceDate").str.to_datetime("%Y-%m-%d %H:%M:%S"))
    typed.write_parquet(tmp_path / "typed.parquet")
    xlsx_file(typed.rows(), "rows.xlsx", frame.columns)
    found = []
    for name in ("rows.parquet", "rows.csv", "typed.parquet", "rows.xlsx"):
        ledger = another_ledger()
        report = await run_import(tmp_path / name, retail, ledger, spool_dir=tmp_path)
        known = {k: (line.description, line.sold_on, line.dealer, line.amount) for k, line in ledger.records.items()}
        found.append((name, report.accepted, report.reasons, known))
    assert found[0][1] > 15_000
    for other in found[1:]:
        assert other[1:] == found[0][1:], other[0]


async def test_invoices_with_typed_dates_and_numbers_are_the_same_invoices(
    sample: Path,
    profiles: dict[str, Profile],
    xlsx_file: Callable[..., Path],
    another_ledger: Callable[[], Any],
    tmp_path: Path,
) -> None:
    def typed(text: str) -> object:
        if text.count("/") == 2:
            return datetime.datetime.strptime(text, "%d/%m/%Y")
        return float(text) if text.replace(".", "").isdigit() else text

    frame, profile = pl.read_csv(sample / "invoices-small.csv", infer_schema=False), profiles["invoices-2012-13"]
    path = xlsx_file([[typed(cell) for cell in row] for row in frame.rows()], header=frame.columns)
    as_text, as_typed = another_ledger(), another_ledger()
    await run_import(sample / "invoices-small.csv", profile, as_text, spool_dir=tmp_path)
    await run_import(path, profile, as_typed, spool_dir=tmp_path)
    assert as_typed.records == as_text.records
    assert len(as_text.records) == frame.height
