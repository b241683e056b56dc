"""What goes out is what the report shows: no text becomes a formula, no figure loses a digit."""

import csv
import datetime
import io
import zipfile
from collections.abc import AsyncIterator, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from service.exports import Column, ExportRefused, csv_stream, neutral_text, write_xlsx

COLUMNS = (
    Column(key="dealer", titles={"en": "Dealer", "zh": "经销商"}),
    Column(key="sales", titles={"en": "Net sales", "zh": "净销售额"}, kind="money", scale=2),
    Column(key="count", titles={"en": "Lines", "zh": "行数"}, kind="integer"),
    Column(key="on", titles={"en": "Date", "zh": "日期"}, kind="date"),
    Column(key="at", titles={"en": "Recorded", "zh": "记录时间"}, kind="moment"),
)
MOMENT = datetime.datetime(2024, 1, 2, 11, 4, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
ROW = ("南京新街口", Decimal("-1234.5"), 7, datetime.date(2024, 1, 2), MOMENT)
FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠1", "−1",
    " =1", "\u3000=1", "\ufeff=1"
]  # fmt: skip


async def csv_rows(rows: Any, language: str = "en", columns: Sequence[Column] = COLUMNS) -> list[list[str]]:
    content = b"".join([piece async for piece in csv_stream(columns, rows, language=language)])
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def sheet_of(path: Path, rows: Iterable[Sequence[Any]], columns: Sequence[Column] = COLUMNS, **how: Any) -> Any:
    await write_xlsx(path, columns, rows, **how)
    return openpyxl.load_workbook(path).worksheets[0]


@pytest.mark.parametrize("text", FORMULAS)
async def test_text_that_would_be_a_formula_is_neutralised_in_csv_and_xlsx(tmp_path: Path, text: str) -> None:
    only = (Column(key="x", titles={"en": text}),)
    assert await csv_rows([(text,)], columns=only) == [["'" + text], ["'" + text]]
    sheet = await sheet_of(tmp_path / "x.xlsx", [(text,)], only)
    for cell in (sheet["A1"], sheet["A2"]):
        assert cell.data_type == "s"
        assert str(cell.value).startswith("'")


@pytest.mark.parametrize("text", ["a=b", "3-4", "", "'quoted'", "王 (北京)"])
def test_other_text_is_left_as_it_is(text: str) -> None:
    assert neutral_text(text) == text


async def test_figures_dates_and_moments_are_written_plainly_in_csv() -> None:
    assert (await csv_rows([ROW, (None,) * 5]))[1:] == [
        ["南京新街口", "-1234.50", "7", "2024-01-02", "2024-01-02 03:04:05"],
        [""] * 5,
    ]


async def test_figures_stay_figures_and_dates_stay_dates_in_xlsx(tmp_path: Path) -> None:
    sheet = await sheet_of(tmp_path / "x.xlsx", [ROW])
    dealer, sales, count, on, at = sheet[2]
    assert (sales.data_type, sales.value, sales.number_format) == ("n", -1234.5, "#,##0.00;(#,##0.00)")
    assert (count.data_type, count.value) == ("n", 7)
    assert on.is_date and on.value == datetime.datetime(2024, 1, 2)
    assert at.value == datetime.datetime(2024, 1, 2, 3, 4, 5)
    assert dealer.value == "南京新街口"


@pytest.mark.parametrize(
    ("figure", "text"),
    [(Decimal("8832003.274"), "8832003.274"), (Decimal("1E+3"), "1000.00"), (Decimal("0.10"), "0.10"), (5, "5.00")],
)
async def test_a_decimal_has_the_scale_of_its_column_and_loses_nothing(figure: Any, text: str) -> None:
    assert (await csv_rows([(figure,)], columns=COLUMNS[1:2]))[1] == [text]


async def test_a_figure_longer_than_a_spreadsheet_keeps_is_written_as_text(tmp_path: Path) -> None:
    sheet = await sheet_of(tmp_path / "x.xlsx", [(Decimal("1234567890123456.78"),)], COLUMNS[1:2])
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", "1234567890123456.78")


async def test_a_float_is_refused_where_a_figure_belongs(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="sales got a float"):
        await csv_rows([(0.1,)], columns=COLUMNS[1:2])
    with pytest.raises(TypeError, match="sales got a float"):
        await sheet_of(tmp_path / "x.xlsx", [(0.1,)], COLUMNS[1:2])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("language", "title"), [("en", "Net sales"), ("zh", "净销售额"), ("fr", "Net sales")])
async def test_the_header_is_in_the_readers_language(tmp_path: Path, language: str, title: str) -> None:
    assert (await csv_rows([], language))[0][1] == title
    assert (await sheet_of(tmp_path / "x.xlsx", [], language=language))["B1"].value == title


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("Sales [2024]/Q1: a*b?", "Sales  2024  Q1  a b"),
        ("", "Sheet1"),
        ("History", "Sheet1"),
        ("'x'", "x"),
        ("月" * 40, "月" * 31),
    ],
)
async def test_a_sheet_name_that_a_spreadsheet_forbids_is_mended(tmp_path: Path, asked: str, given: str) -> None:
    assert (await sheet_of(tmp_path / "x.xlsx", [], sheet=asked)).title == given


async def test_a_header_in_wide_signs_has_room(tmp_path: Path) -> None:
    wide = (Column(key="x", titles={"en": "十二个月窗口内的净销售额合计数"}, kind="integer"),)
    sheet = await sheet_of(tmp_path / "x.xlsx", [], wide)
    assert sheet.column_dimensions["A"].width >= 30


async def test_more_rows_than_allowed_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="too-many-rows"):
        await write_xlsx(tmp_path / "x.xlsx", COLUMNS, [ROW] * 4, most_rows=3)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ExportRefused, match="too-many-rows"):
        [piece async for piece in csv_stream(COLUMNS, [ROW] * 4, most_rows=3)]


async def test_a_row_of_another_width_than_the_columns_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"longer"):
        await csv_rows([ROW[:3]])


async def test_over_long_text_is_cut_and_says_so(tmp_path: Path) -> None:
    only = (Column(key="x", titles={}),)
    sheet = await sheet_of(tmp_path / "x.xlsx", [("x" * 40_000,)], only)
    assert (await csv_rows([("x" * 40_000,)], columns=only))[1][0] == sheet["A2"].value
    assert str(sheet["A2"].value).endswith("x…")


async def test_rows_stream_out_while_they_come_in() -> None:
    given = 0

    async def rows() -> AsyncIterator[Sequence[Any]]:
        nonlocal given
        for _ in range(5_000):
            given += 1
            yield ROW

    first = await anext(aiter(csv_stream(COLUMNS, rows())))
    assert first.count(b"\r\n") == 501
    assert given == 500


async def test_a_workbook_holds_no_formula_and_every_row(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    assert await write_xlsx(path, COLUMNS, [("=1", *ROW[1:])] * 2_000) == 2_000
    content = zipfile.ZipFile(path).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in content
    assert content.count(b"<row ") == 2_001
