"""The figures of the real files, counted independently (data/README.md and sample/*.json), come out of an import."""

import datetime
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from service.imports import (
    ImportReport,
    LedgerRow,
    MappedRecord,
    Profile,
    RowVerdict,
    SaleLine,
    dealers_named,
    run_import,
)


def sums(records: Iterable[SaleLine]) -> tuple[int, int, Decimal, int]:
    """(sale lines, return lines, sum of the sales, dealers)."""
    lines = list(records)
    sold = [line.amount for line in lines if not line.returned]
    return len(sold), len(lines) - len(sold), sum(sold, Decimal(0)), len({line.dealer for line in lines})


def open_at(rows: Iterable[LedgerRow], day: datetime.date) -> list[Decimal]:
    """Amounts of the invoices issued by `day` and not settled on it or before."""
    return [
        row.amount for row in rows if row.issued_on <= day and (row.payment is None or row.payment.received_on > day)
    ]


class Years(NamedTuple):
    """Both years in one ledger, one after the other, and the second one in a ledger of its own."""

    both: Any
    alone: Any
    reports: tuple[ImportReport, ImportReport]
    between: int


@pytest.fixture(scope="module")
async def years(
    data: Path,
    profiles: dict[str, Profile],
    another_ledger: Callable[[], Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Years:
    """A million rows, so each file is read once: the second year goes to two ledgers, each judges it for itself."""
    both, alone, spool = another_ledger(), another_ledger(), tmp_path_factory.mktemp("spool")

    async def each(records: list[MappedRecord]) -> list[RowVerdict]:
        await alone(records)
        return list(await both(records))

    async def take(year: str, sink: Any) -> ImportReport:
        name = f"online-retail-{year}"
        return await run_import(data / f"{name}.parquet", profiles[name], sink, spool_dir=spool)

    first = await take("2009-10", both)
    between = len(both.records)  # a ledger keeps the first of an identity in place, so they stay its first ones
    return Years(both, alone, (first, await take("2010-11", each)), between)


@pytest.mark.slow
async def test_both_years_of_online_retail_come_to_their_figures(years: Years) -> None:
    first, second = years.reports
    lines = list(years.both.records.values())
    assert (first.rows, first.accepted, first.reasons) == (525_461, 407_695 + 9_839, {"no-dealer": 107_927})
    of_first = lines[: years.between]
    assert sums(of_first) == (407_695, 9_839, Decimal("8832003.274"), 4_383)
    assert sum(1 for line in of_first if line.unit_price == 0) == 31
    assert (second.rows, second.reasons) == (531_282, {"no-dealer": 133_358})
    assert (second.accepted, second.duplicates) == (397_924 - 14_505, 14_505)
    assert len({line.dealer for line in lines}) == 5_942
    assert len(lines) - years.between == second.accepted


async def test_the_second_year_alone_comes_to_its_figures(years: Years) -> None:
    lines = list(years.alone.records.values())
    assert sums(lines) == (397_924, 0, Decimal("8911407.904"), 4_339)
    assert sum(1 for line in lines if line.unit_price == 0) == 40


async def test_the_invoices_come_to_their_figures(
    data: Path, profiles: dict[str, Profile], ledger: Any, tmp_path: Path
) -> None:
    path, profile = data / "invoices-2012-13.csv", profiles["invoices-2012-13"]
    report = await run_import(path, profile, ledger, spool_dir=tmp_path)
    rows = list(ledger.records.values())
    assert (report.accepted, report.rejected, len({row.dealer for row in rows})) == (2_466, 0, 100)
    assert sum(1 for row in rows if row.dispute is not None) == 561
    assert {row.term_days for row in rows} == {30}
    late = sum(1 for row in rows if row.payment is not None and row.payment.received_on > row.due_on)
    assert round(100 * Decimal(late) / len(rows), 1) == Decimal("35.6")
    still_open = open_at(rows, datetime.date(2012, 12, 31))
    assert (len(still_open), sum(still_open)) == (99, Decimal("5725.06"))


async def test_the_small_sample_comes_to_its_figures_and_its_repetition_to_nothing(
    sample: Path, profiles: dict[str, Profile], ledger: Any, tmp_path: Path
) -> None:
    said = json.loads((sample / "online-retail-small.json").read_text())
    figures, again = said["online-retail-small.csv"], said["online-retail-small-again.csv"]
    path = sample / "online-retail-small.csv"
    report = await run_import(path, profiles[figures["profile"]], ledger, spool_dir=tmp_path)
    assert (report.rows, report.rejected) == (figures["rows"], figures["rejected"])
    lines = list(ledger.records.values())
    assert sums(lines) == (
        figures["sales"], figures["returns"], Decimal(figures["sales_amount"]), figures["customers"]
    )  # fmt: skip
    assert sum(line.amount for line in lines if line.returned) == Decimal(figures["returns_amount"])
    assert sum(1 for line in lines if line.unit_price == 0) == figures["price_zero"]
    assert len({line.invoice for line in lines}) == figures["invoices"]
    assert len(dealers_named(path, profiles[figures["profile"]])) == figures["customers"]
    second = await run_import(
        sample / "online-retail-small-again.csv", profiles[again["profile"]], ledger, spool_dir=tmp_path
    )
    assert (second.accepted, second.duplicates) == (0, again["duplicates_after_the_first"])


async def test_the_small_invoices_come_to_their_figures(
    sample: Path, profiles: dict[str, Profile], ledger: Any, tmp_path: Path
) -> None:
    figures = json.loads((sample / "invoices-small.json").read_text())["invoices-small.csv"]
    await run_import(sample / "invoices-small.csv", profiles[figures["profile"]], ledger, spool_dir=tmp_path)
    rows = list(ledger.records.values())
    still_open = open_at(rows, datetime.date.fromisoformat(figures["open_at"]))
    assert (len(rows), sum(row.amount for row in rows)) == (figures["rows"], Decimal(figures["amount"]))
    assert (len(still_open), sum(still_open)) == (figures["open_invoices"], Decimal(figures["open_amount"]))
    assert sum(1 for row in rows if row.dispute is not None) == figures["disputed"]
