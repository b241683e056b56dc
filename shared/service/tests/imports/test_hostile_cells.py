"""Cells and JSON that nobody could read again: refused with a reason of ours."""

from datetime import date

import pytest

from events import wording
from service.imports.cells import day_reader, text_reader
from service.imports.refusals import CellFault
from service.problems import Problem
from service.request import parse_json


@pytest.mark.parametrize("sign", ["\0", "\x7f", "\x85", "\u200b", "\u202e", "\ufeff", "\n"])
@pytest.mark.parametrize("held_to", [wording.code, wording.name])
def test_a_cell_holds_nothing_hidden(sign, held_to):
    with pytest.raises(CellFault, match="take it out"):
        text_reader("number", most=64, held_to=held_to)(f"A{sign}1")
    assert text_reader("number", most=64, held_to=held_to)(" A 1 ") == "A 1"


def test_a_cell_holds_no_day_out_of_reach():
    read = day_reader("day", [], latest=None)
    assert read("1990-01-01") == date(1990, 1, 1)
    for far in ("1989-12-31", "2200-01-01"):
        with pytest.raises(CellFault, match="lies before"):
            read(far)


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"9" * 5000, "far too many digits"), (b"[" * 100_000, "nested too deeply"), (b'"\xff"', "not UTF-8"),
     (b"NaN", "no JSON number"), (b'{"a":1,"a":2}', "named twice")],
)  # fmt: skip
def test_json_that_is_not_read_says_why_in_our_words(content, why):
    with pytest.raises(Problem, match=why):
        parse_json(content)
