"""Every row ends in one verdict, and no order, split or repetition of the rows changes what is known."""

import csv
import datetime
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service.imports import ImportRefused, Limits, MappedRecord, Profile, Progress, RowVerdict, run_import

EQUAL = ["489434", "85048", "LIGHTS", "12", "2009-12-01 07:45:00", "6.95", "13085.0", "France"]


def lines(invoices: int = 30, each: int = 20) -> list[list[str]]:
    """Rows of some invoices; every third line of an invoice is equal to the one before it but for the description."""
    return [
        [
            str(489000 + invoice),
            str(85000 + at - (at % 3 == 2)),
            f"TEXT {at}",
            "2",
            "2009-12-01",
            "1.5",
            "13085.0",
            "France",
        ]
        for invoice in range(invoices)
        for at in range(each)
    ]


def content(ledger: Any) -> dict[tuple[str, ...], tuple[object, ...]]:
    """What the ledger knows, without the row numbers."""
    return {identity: (line.description, line.sold_on, line.dealer) for identity, line in ledger.records.items()}


async def test_every_row_ends_in_exactly_one_verdict(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    path = csv_file([EQUAL, EQUAL, [*EQUAL[:6], "", "France"], ["short"], [*EQUAL[:5], "x", *EQUAL[6:]]])
    report = await run_import(path, retail, ledger, spool_dir=tmp_path)
    assert (report.rows, report.accepted, report.duplicates, report.rejected, report.ignored) == (5, 2, 0, 3, 0)
    assert report.reasons == {"no-dealer": 1, "not-a-number": 1, "ragged-row": 1}


async def test_equal_lines_of_an_invoice_are_counted_and_each_is_kept(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    await run_import(csv_file([EQUAL] * 3), retail, ledger, spool_dir=tmp_path)
    assert sorted(identity[-1] for identity in ledger.records) == ["1", "2", "3"]


@pytest.mark.parametrize("seed", range(3))
async def test_permuted_rows_give_the_same_identities_with_the_same_content(
    csv_file: Callable[..., Path], retail: Profile, another_ledger: Callable[[], Any], tmp_path: Path, seed: int
) -> None:
    rows, first, again = lines(), another_ledger(), another_ledger()
    await run_import(csv_file(rows), retail, first, spool_dir=tmp_path)
    random.Random(seed).shuffle(rows)
    await run_import(csv_file(rows, "shuffled.csv"), retail, again, spool_dir=tmp_path, slice_records=7, in_flight=2)
    assert content(again) == content(first)


async def test_loading_again_whole_permuted_or_split_is_all_duplicates(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    rows = lines()
    await run_import(csv_file(rows), retail, ledger, spool_dir=tmp_path)
    known = content(ledger)
    for number, part in enumerate((rows, rows[::-1], rows[:307], rows[307:])):
        report = await run_import(csv_file(part, f"{number}.csv"), retail, ledger, spool_dir=tmp_path)
        assert (report.accepted, report.duplicates) == (0, len(part))
    assert content(ledger) == known


async def test_a_document_reaches_the_sink_in_one_slice(
    csv_file: Callable[..., Path], retail: Profile, tmp_path: Path
) -> None:
    slices: Counter[str] = Counter()

    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        assert len(records) <= 50
        slices.update({record.document for record in records})
        return [RowVerdict(record.row, "accepted") for record in records]

    await run_import(csv_file(lines()), retail, sink, spool_dir=tmp_path, slice_records=50)
    assert len(slices) == 30
    assert set(slices.values()) == {1}


async def test_the_error_file_holds_each_rejected_row_in_order_with_its_reason_and_no_formula(
    csv_file: Callable[..., Path], retail: Profile, tmp_path: Path
) -> None:
    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        return [RowVerdict(record.row, "rejected", "unknown-dealer", "=no") for record in records]

    rows = [[*EQUAL[:2], "=cmd()", "-3", *EQUAL[4:]], EQUAL, [*EQUAL[:2], "@x", *EQUAL[3:6], "", ""]]
    report = await run_import(csv_file(rows), retail, sink, spool_dir=tmp_path)
    assert report.error_file is not None
    header, *written = csv.reader(report.error_file.read_text(encoding="utf-8-sig").splitlines())
    assert header[:4] == ["row", "code", "reason", "Invoice"]
    assert [row[:2] for row in written] == [["2", "wrong-sign"], ["3", "unknown-dealer"], ["4", "no-dealer"]]
    assert written[0][5:7] == ["'=cmd()", "-3"]
    assert written[1][2] == "'=no"


async def test_a_dry_run_gives_a_verdict_for_every_row_and_hands_nothing_on(
    csv_file: Callable[..., Path], retail: Profile, tmp_path: Path
) -> None:
    path = csv_file([EQUAL, [*EQUAL[:6], "", "France"]])
    report = await run_import(path, retail, None, spool_dir=tmp_path, dry_run=True)
    assert report.preview is not None
    rows = list(csv.reader(report.preview.read_text(encoding="utf-8-sig").splitlines()))
    assert [row[:3] for row in rows[1:]] == [["2", "accepted", ""], ["3", "rejected", "no-dealer"]]


async def test_a_file_that_breaks_in_its_last_line_hands_nothing_to_the_sink(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    path = csv_file(lines())
    path.write_bytes(path.read_bytes() + b"\xb2\xe2\n")
    with pytest.raises(ImportRefused, match="encoding"):
        await run_import(path, retail, ledger, spool_dir=tmp_path)
    assert not ledger.records


async def test_an_import_that_was_cut_short_is_finished_by_the_same_import(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    path = csv_file(lines())

    async def failing(records: list[MappedRecord]) -> list[RowVerdict]:
        if len(ledger.sizes) == 3:
            raise ConnectionError("the log is away")
        return list(await ledger(records))

    with pytest.raises(ConnectionError, match="away"):
        await run_import(path, retail, failing, spool_dir=tmp_path, slice_records=50, in_flight=1)
    kept = len(ledger.records)
    report = await run_import(path, retail, ledger, spool_dir=tmp_path)
    assert 0 < kept == report.duplicates
    assert report.accepted + report.duplicates == report.rows == 600
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("answer", ["too few", "a row of another slice", "twice"])
async def test_a_sink_that_judges_other_rows_than_it_was_given_stops_the_import(
    csv_file: Callable[..., Path], retail: Profile, tmp_path: Path, answer: str
) -> None:
    async def sink(records: list[MappedRecord]) -> list[RowVerdict]:
        verdicts = [RowVerdict(record.row, "accepted") for record in records]
        match answer:
            case "too few":
                return verdicts[1:]
            case "twice":
                return [*verdicts, verdicts[0]]
            case _:
                return [*verdicts[1:], RowVerdict(999_999, "accepted")]

    with pytest.raises(ValueError, match=r"verdict|judged"):
        await run_import(csv_file(lines()), retail, sink, spool_dir=tmp_path)


async def test_a_profile_in_another_currency_than_the_installation_is_refused(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused, match="other-currency"):
        await run_import(csv_file([EQUAL]), retail, ledger, spool_dir=tmp_path, currency="CNY")


async def test_a_fact_later_than_tomorrow_is_rejected(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    dates = [[*EQUAL[:4], day, *EQUAL[5:]] for day in ("2010-01-01", "2010-01-02", "2010-01-03")]
    today = datetime.date(2010, 1, 1)
    report = await run_import(csv_file(dates), retail, ledger, spool_dir=tmp_path, today=today)
    assert (report.accepted, report.reasons) == (2, {"future-date": 1})


async def test_a_file_whose_rows_are_all_of_one_document_is_refused_beyond_the_limit(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    with pytest.raises(ImportRefused, match="document-too-long"):
        await run_import(csv_file([EQUAL] * 2_000), retail, ledger, spool_dir=tmp_path, limits=Limits(spool_rows=1_000))
    assert not ledger.records


async def test_progress_goes_from_nothing_to_all_with_totals(
    csv_file: Callable[..., Path], retail: Profile, ledger: Any, tmp_path: Path
) -> None:
    told: list[Progress] = []
    path = csv_file(lines())
    await run_import(path, retail, ledger, spool_dir=tmp_path, progress=told.append)
    reading = [each for each in told if each.stage == "reading"]
    recording = [each for each in told if each.stage == "recording"]
    assert reading[-1].done == reading[-1].total == path.stat().st_size
    assert recording[-1].done == recording[-1].total == recording[-1].accepted == 600
