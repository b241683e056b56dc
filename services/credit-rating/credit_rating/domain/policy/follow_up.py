"""When a dealer that has credit is visited again (回访): every so many months by its grade (domain.md 2.9).

A policy without this section has none due; a grade that is left out has none either.
"""

from __future__ import annotations

from pydantic import ConfigDict, Field

from .thresholds import MonthCount, Rule


class EveryMonths(Rule):
    """Months from the day credit was given, or from the last follow-up, by credit grade."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    grade_1: MonthCount | None = Field(None, alias="1")
    grade_2: MonthCount | None = Field(None, alias="2")
    grade_3: MonthCount | None = Field(None, alias="3")
    grade_4: MonthCount | None = Field(None, alias="4")
    grade_5: MonthCount | None = Field(None, alias="5")

    @property
    def by_grade(self) -> list[int | None]:
        """Of grades 1–5."""
        return [self.grade_1, self.grade_2, self.grade_3, self.grade_4, self.grade_5]


class FollowUpRule(Rule):
    """The months, such as ``{"1": 6, "2": 6, "3": 3, "4": 3}``."""

    every_months: EveryMonths
