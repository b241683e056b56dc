"""The table that `run` prints: a few dealers of every class and grade, amounts one can read, totals of all."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from dealerlog.showing import chosen, dealer_table, total_line, whole


def dealer(number: int, grade: int | None, abc: str | None, exposure: str = "1234567.89") -> dict[str, Any]:
    return {"code": f"D-{number:04}", "name": f"经销商{number}", "region": "EAST", "grade": grade, "limit": None,
            "exposure": exposure, "abc": abc, "next_visit": None}  # fmt: skip


EVERY = [
    dealer(100 * grade + 10 * n + ord(abc), grade, abc) for n in range(3) for grade in (1, 2, 3, 4, 5) for abc in "ABC"
]


def test_of_every_class_and_grade_one_is_shown_before_a_second_of_any() -> None:
    shown = chosen(EVERY, 15)
    assert {(each["grade"], each["abc"]) for each in shown} == {(g, c) for g in (1, 2, 3, 4, 5) for c in "ABC"}


def test_no_more_rows_are_shown_than_there_are_dealers() -> None:
    assert len(chosen(EVERY[:4], 20)) == 4
    assert chosen(EVERY, 0) == []


def test_totals_name_also_those_without() -> None:
    said = total_line([*EVERY, dealer(1, None, None)])
    assert "1: 9" in said and "A: 15" in said and said.count("none: 1") == 2


def test_the_table_fits_a_terminal_of_eighty_columns() -> None:
    out = StringIO()
    Console(file=out, width=80).print(dealer_table([dealer(1, 5, "A")], "CNY", narrow=True))
    assert "1,234,568" in out.getvalue() and "经销商1" in out.getvalue() and "…" not in out.getvalue()


def test_an_amount_that_is_not_there_is_a_dash_not_zero() -> None:
    assert (whole(None), whole("0")) == ("–", "0")
