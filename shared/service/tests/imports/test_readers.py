"""Every malformed file is refused by name; every malformed row gets its own error and the rest goes on."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from service.imports import ImportRefused, Limits, open_table

GOOD = "a,b\n1,2\n"


def rows_of(path: Path, **options: object) -> list[tuple[int, list[object]]]:
    table = open_table(path, **options)  # type: ignore[arg-type]
    return [(n, list(cells)) for part in table.slices() for n, cells in zip(part.numbers, part.rows, strict=True)]


def faults_of(path: Path, **options: object) -> dict[int, str]:
    table = open_table(path, **options)  # type: ignore[arg-type]
    return {row: fault.code for part in table.slices() for row, fault in part.faults.items()}


def written(tmp_path: Path, content: str | bytes, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, "a,b\n1,2\n\n3,4\n")) == [(2, ["1", "2"]), (4, ["3", "4"])]


def test_rows_of_parquet_are_numbered_from_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"a": [1, 2], "b": ["x", None]}).write_parquet(path)
    assert rows_of(path) == [(1, [1, "x"]), (2, [2, None])]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf8_is_read_with_and_without_a_byte_order_mark(tmp_path: Path, mark: bytes) -> None:
    table = open_table(written(tmp_path, mark + "编号,名\n1,王\n".encode()))
    assert table.columns == ("编号", "名")
    assert next(table.slices()).rows == [["1", "王"]]


def test_gb18030_is_read_where_the_profile_declares_it(tmp_path: Path) -> None:
    path = written(tmp_path, "编号,名\n1,王\n".encode("gb18030"))
    assert rows_of(path, encoding="gb18030") == [(2, ["1", "王"])]


def test_text_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="Line 2 is not utf-8") as refused:
        rows_of(written(tmp_path, b"a,b\n1,\xb2\xe2\n"))
    assert refused.value.code == "encoding"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_profile_names_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    path = written(tmp_path, GOOD.replace(",", delimiter))
    assert rows_of(path, delimiter=delimiter) == [(2, ["1", "2"])]


def test_a_ragged_row_is_an_error_and_the_next_row_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b\n1\n1,2,3\n1,2\n")
    assert faults_of(path) == {2: "ragged-row", 3: "ragged-row"}
    assert [row for row, _ in rows_of(path)] == [2, 3, 4]


def test_a_row_with_a_nul_is_an_error_and_the_next_row_is_read(tmp_path: Path) -> None:
    assert faults_of(written(tmp_path, "a,b\n1,\0\n3,4\n")) == {2: "nul-character"}


def test_an_over_long_cell_is_an_error_of_its_row(tmp_path: Path) -> None:
    assert faults_of(written(tmp_path, f"a,b\n1,{'x' * 200_000}\n3,4\n")) == {2: "unreadable-row"}


def test_a_line_without_end_is_refused_before_it_is_in_memory(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as refused:
        rows_of(written(tmp_path, "a,b\n" + "x" * 3_000_000))
    assert refused.value.code == "line-too-long"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "rows.csv", "empty-file"),
        (b"\n\n", "rows.csv", "no-header"),
        (b"a,b\n", "rows.ods", "unknown-format"),
        (b"PK\x03\x04rest", "rows.csv", "wrong-extension"),
        (b"PAR1rest", "rows.xlsx", "wrong-extension"),
        (b"a,b\n1,2\n", "rows.xlsx", "wrong-extension"),
        (b"a,b\n1,2\n", "rows.parquet", "wrong-extension"),
        (b"\xd0\xcf\x11\xe0rest", "rows.xlsx", "old-or-encrypted-file"),
        (b"\xff\xfea\0,\0", "rows.csv", "encoding"),
        (b"a\0,\0b\0\n", "rows.csv", "broken-file"),
        (b"PAR1 and nothing more", "rows.parquet", "broken-file"),
        (b"PK\x03\x04 and nothing more", "rows.xlsx", "broken-file"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_by_name(
    tmp_path: Path, content: bytes, name: str, code: str
) -> None:
    with pytest.raises(ImportRefused) as refused:
        rows_of(written(tmp_path, content, name))
    assert refused.value.code == code


def test_the_name_that_the_sender_gave_counts_and_not_the_path(tmp_path: Path) -> None:
    assert open_table(written(tmp_path, GOOD, "upload-1"), name="sales.CSV").format == "csv"


def test_a_workbook_that_was_uploaded_under_a_name_without_suffix_is_read(
    tmp_path: Path, xlsx_file: Callable[..., Path]
) -> None:
    upload = xlsx_file([[1, "x"]], header=("a", "b")).rename(tmp_path / "upload-2")
    table = open_table(upload, name="rows.xlsx")
    assert [row for part in table.slices() for row in part.rows] == [[1, "x"]]


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pl.DataFrame({"a": list(range(10_000))}).write_parquet(whole)
    with pytest.raises(ImportRefused, match="broken-file"):
        rows_of(written(tmp_path, whole.read_bytes()[:-100], "cut.parquet"))


def test_a_parquet_file_with_garbage_inside_is_refused(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pl.DataFrame({"a": [str(n) for n in range(10_000)]}).write_parquet(whole)
    broken = bytearray(whole.read_bytes())
    broken[4:2_000] = b"\xff" * 1_996
    with pytest.raises(ImportRefused, match="broken-file"):
        rows_of(written(tmp_path, bytes(broken), "garbage.parquet"))


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_more_rows_than_the_limit_refuse_the_file(tmp_path: Path, name: str) -> None:
    frame, path = pl.DataFrame({"a": range(50)}), tmp_path / name
    frame.write_csv(path) if name.endswith("csv") else frame.write_parquet(path)
    with pytest.raises(ImportRefused, match="too-many-rows"):
        rows_of(path, limits=Limits(rows=20))


def test_a_file_over_the_size_limit_is_refused_unread(csv_file: Callable[..., Path]) -> None:
    with pytest.raises(ImportRefused, match="file-too-large"):
        open_table(csv_file([["1"] * 8]), limits=Limits(file_bytes=10))
