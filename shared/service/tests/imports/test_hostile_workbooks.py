"""A workbook made to hurt is refused by name before it can; a formula is never taken for a fact."""

import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from service.imports import ImportRefused, Limits, Mapper, Profile, RowError, SaleLine, open_table

SHEET = "xl/worksheets/sheet1.xml"
ROW = ["489434", "85048", "LIGHTS", 12, "2009-12-01 07:45:00", 6.95, 13085, "France"]
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>'
NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def refusal_of(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(ImportRefused) as refused:
        for _ in open_table(path, limits=limits).slices():
            pass
    return refused.value.code


@pytest.fixture
def book(xlsx_file: Callable[..., Path]) -> Path:
    return xlsx_file([ROW])


def test_a_zip_bomb_is_refused_unopened(book: Path, rewritten: Callable[..., Path]) -> None:
    bomb = rewritten(book, {SHEET: HEAD + b" " * 60_000_000})
    tracemalloc.start()
    assert refusal_of(bomb) == "zip-bomb"
    assert tracemalloc.get_traced_memory()[1] < 30_000_000, "half of what it would unpack to"
    tracemalloc.stop()


def test_a_workbook_of_too_many_parts_is_refused(book: Path, rewritten: Callable[..., Path]) -> None:
    assert refusal_of(rewritten(book, {f"xl/media/{n}": b"" for n in range(1_100)})) == "zip-bomb"


def test_a_workbook_that_unpacks_too_large_is_refused(book: Path) -> None:
    assert refusal_of(book, Limits(xlsx_bytes=1_000)) == "zip-bomb"


@pytest.mark.parametrize("part", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_entities_that_grow_are_refused_in_any_part(book: Path, rewritten: Callable[..., Path], part: str) -> None:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    content = HEAD + b'<!DOCTYPE a [<!ENTITY l0 "ha">' + laughs + b"]><worksheet>&l9;</worksheet>"
    assert refusal_of(rewritten(book, {part: content})) == "hostile-file"


def test_an_external_entity_is_refused(book: Path, rewritten: Callable[..., Path]) -> None:
    content = HEAD + b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet>&x;</worksheet>'
    assert refusal_of(rewritten(book, {SHEET: content})) == "hostile-file"


def test_a_declaration_hidden_in_another_encoding_is_refused(book: Path, rewritten: Callable[..., Path]) -> None:
    content = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x "y">]><worksheet>&x;</worksheet>'
    assert refusal_of(rewritten(book, {SHEET: content.encode("utf-16")})) == "hostile-file"


@pytest.mark.parametrize("part", ["xl/workbook.xml", "[Content_Types].xml", SHEET])
def test_a_workbook_that_lacks_a_part_is_refused(book: Path, rewritten: Callable[..., Path], part: str) -> None:
    assert refusal_of(rewritten(book, {part: None})) == "broken-file"


def test_a_sheet_cut_in_the_middle_is_refused(book: Path, rewritten: Callable[..., Path]) -> None:
    content = zipfile.ZipFile(book).read(SHEET)
    assert refusal_of(rewritten(book, {SHEET: content[:-60]})) == "broken-file"


def test_a_declared_dimension_of_ten_million_rows_costs_nothing(book: Path, rewritten: Callable[..., Path]) -> None:
    content = zipfile.ZipFile(book).read(SHEET)
    forged = rewritten(book, {SHEET: content.replace(b'ref="A1:H2"', b'ref="A1:XFD10000000"')})
    assert forged.read_bytes() != book.read_bytes()
    parts = list(open_table(forged).slices())
    assert [list(part.rows[0]) for part in parts if part.rows] == [ROW]


def test_a_row_number_far_away_is_refused_and_not_filled_up_to(book: Path, rewritten: Callable[..., Path]) -> None:
    content = zipfile.ZipFile(book).read(SHEET)
    far = content.replace(b'<row r="2"', b'<row r="99999999999"')
    assert far != content
    assert refusal_of(rewritten(book, {SHEET: far})) == "too-many-rows"


def test_a_row_of_endless_cells_is_refused_before_it_is_parsed(book: Path, rewritten: Callable[..., Path]) -> None:
    cells = b"".join(b'<c t="n"><v>%d</v></c>' % n for n in range(400_000))
    content = HEAD + b"<worksheet " + NAMESPACE + b"><sheetData><row>" + cells + b"</row></sheetData></worksheet>"
    assert refusal_of(rewritten(book, {SHEET: content})) == "row-too-large"


def test_more_rows_than_a_sheet_holds_are_refused_before_they_are_parsed(xlsx_file: Callable[..., Path]) -> None:
    assert refusal_of(xlsx_file([ROW] * 30), Limits(xlsx_rows=20)) == "too-many-rows"


def test_a_shared_string_that_does_not_exist_is_refused(book: Path, rewritten: Callable[..., Path]) -> None:
    content = zipfile.ZipFile(book).read(SHEET)
    forged = content.replace(b't="s"><v>0</v>', b't="s"><v>999</v>', 1)
    assert forged != content
    assert refusal_of(rewritten(book, {SHEET: forged})) == "broken-file"


def test_a_formula_is_an_error_of_its_row_but_text_that_looks_like_one_is_text(
    book: Path, rewritten: Callable[..., Path], xlsx_file: Callable[..., Path], retail: Profile
) -> None:
    content = zipfile.ZipFile(book).read(SHEET)
    formula = rewritten(book, {SHEET: content.replace(b"<v>6.95</v>", b"<f>1+5.95</f><v>6.95</v>")})
    (error,) = mapped(formula, retail)
    assert isinstance(error, RowError)
    assert (error.row, error.code) == (2, "formula-cell")
    (line,) = mapped(xlsx_file([[*ROW[:2], "=1+1", *ROW[3:]]], "text.xlsx"), retail)
    assert isinstance(line, SaleLine)
    assert line.description == "=1+1"


def test_a_spreadsheet_error_is_an_error_of_its_row(
    book: Path, rewritten: Callable[..., Path], retail: Profile
) -> None:
    content = zipfile.ZipFile(book).read(SHEET).replace(b'<c r="F2"><v>6.95</v>', b'<c r="F2" t="e"><v>#REF!</v>')
    (error,) = mapped(rewritten(book, {SHEET: content}), retail)
    assert isinstance(error, RowError)
    assert error.code == "error-cell"


def mapped(path: Path, profile: Profile) -> list[object]:
    table = open_table(path)
    mapper = Mapper(profile, table.columns)
    return [record for part in table.slices() for record in mapper.map_slice(part)]
