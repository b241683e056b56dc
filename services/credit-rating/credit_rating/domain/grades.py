"""The five credit grades (资信等级): the cell of the policy's table that a dealer's indicators fall in.

Source: domain.md 2.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .policy.grade_table import GradeTable, key_row, other_column
from .policy.thresholds import Letter


class GradeGiven(NamedTuple):
    """A grade 1–5 and the rule that fired, as `row/column` of the table."""

    grade: int
    rule: str


def grade_of(key: Iterable[Letter], other: Iterable[Letter], table: GradeTable) -> GradeGiven:
    """The grade for the letters of the four key and the five other indicators."""
    row, column = key_row(key), other_column(other)
    return GradeGiven(table.grade(row, column), f"{row}/{column}")
