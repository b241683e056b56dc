"""The decision table of the five credit grades as policy data, and the law that every such table must keep.

Source: domain.md 2.4. Rows: the four key indicators; columns: the other five. Law: bettering one indicator never
worsens the grade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import product
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field, model_validator

from .thresholds import Letter, Rule

KeyRow: TypeAlias = Literal["all_a", "a_and_b", "all_b", "one_c", "two_or_more_c"]
OtherColumn: TypeAlias = Literal["all_a", "no_c_some_a", "all_b", "some_c_some_a", "some_c_no_a"]
GradeNumber = Annotated[int, Field(ge=1, le=5)]
KEY_INDICATORS, OTHER_INDICATORS = 4, 5
LETTERS: tuple[Letter, ...] = ("A", "B", "C")


def key_row(letters: Iterable[Letter]) -> KeyRow:
    """The row that the key indicators fall in."""
    return _key_row(tuple(letters))


@lru_cache
def _key_row(letters: tuple[Letter, ...]) -> KeyRow:
    match letters.count("C"), letters.count("A"):
        case 0, a if a == len(letters):
            return "all_a"
        case 0, 0:
            return "all_b"
        case 0, _:
            return "a_and_b"
        case 1, _:
            return "one_c"
        case _:
            return "two_or_more_c"


def other_column(letters: Iterable[Letter]) -> OtherColumn:
    """The column that the other indicators fall in."""
    return _other_column(tuple(letters))


@lru_cache(256)
def _other_column(letters: tuple[Letter, ...]) -> OtherColumn:
    match letters.count("C"), letters.count("A"):
        case 0, a if a == len(letters):
            return "all_a"
        case 0, 0:
            return "all_b"
        case 0, _:
            return "no_c_some_a"
        case _, 0:
            return "some_c_no_a"
        case _:
            return "some_c_some_a"


class GradeRow(Rule):
    """The grades of one row, by column; `all_a` is the part of the first column where every letter is an A."""

    all_a: GradeNumber
    no_c_some_a: GradeNumber
    all_b: GradeNumber
    some_c_some_a: GradeNumber
    some_c_no_a: GradeNumber


class GradeTable(Rule):
    """Row → column → grade 1 (best) to 5."""

    all_a: GradeRow
    a_and_b: GradeRow
    all_b: GradeRow
    one_c: GradeRow
    two_or_more_c: GradeRow

    def grade(self, row: KeyRow, column: OtherColumn) -> int:
        """The grade of a cell."""
        return int(getattr(getattr(self, row), column))

    @model_validator(mode="after")
    def _bettering_never_worsens(self) -> GradeTable:
        for better, worse in KEY_STEPS:
            for column in get_args(OtherColumn):
                if self.grade(better, column) > self.grade(worse, column):
                    raise ValueError(f"{better} must not be graded worse than {worse}, in column {column}")
        for row in get_args(KeyRow):
            for left, right in OTHER_STEPS:
                if self.grade(row, left) > self.grade(row, right):
                    raise ValueError(f"{left} must not be graded worse than {right}, in row {row}")
        return self


def _steps(size: int, place: Callable[[Iterable[Letter]], str]) -> Iterator[tuple[str, str]]:
    """Every pair (better, worse) of rows or columns that bettering one letter by one step can join."""
    for letters in product(LETTERS, repeat=size):
        for changed in range(size):
            if letters[changed] != "A":
                better = LETTERS[LETTERS.index(letters[changed]) - 1]
                yield place((*letters[:changed], better, *letters[changed + 1 :])), place(letters)


KEY_STEPS: list[tuple[KeyRow, KeyRow]] = sorted(set(_steps(KEY_INDICATORS, key_row)))  # type: ignore[arg-type]
OTHER_STEPS: list[tuple[OtherColumn, OtherColumn]] = sorted(set(_steps(OTHER_INDICATORS, other_column)))  # type: ignore[arg-type]
