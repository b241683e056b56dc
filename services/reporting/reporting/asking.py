"""What pages and their JSON are asked: query parameters, each named as its form field; empty means not asked."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

SortKey = Literal[
    "code", "name", "region", "branch", "territory", "grade", "limit", "exposure", "abc", "share", "overdue",
    "next_visit",
]  # fmt: skip
MOST_ROWS = 1000


class Looked(BaseModel):
    """From where one looks: a day, and a moment or cut."""

    model_config = ConfigDict(extra="forbid")

    as_of: str = Field("", max_length=10, description="business date, inclusive; empty: today")
    known_at: str = Field("", max_length=6000, description="a moment or a cut; empty: now")


class DealersAsked(Looked):
    """The dealer list."""

    q: str = Field("", max_length=100, description="part of a code or name")
    region: str = Field("", max_length=64)
    branch: str = Field("", max_length=64)
    territory: str = Field("", max_length=64)
    grade: Literal["", "1", "2", "3", "4", "5", "none"] = ""
    abc: Literal["", "A", "B", "C", "none"] = ""
    overdue: Literal["", "1"] = Field("", description="1: only dealers with something overdue")
    sort: SortKey = "code"
    order: Literal["asc", "desc"] = "asc"
    limit: int = Field(100, ge=1, le=MOST_ROWS, description="rows a page")
    after: str = Field("", max_length=64, description="code of the last dealer of the page before")


class SalesAsked(Looked):
    """The monthly sales report."""

    first: str = Field("", alias="from", max_length=10, description="first month, 2026-01")
    last: str = Field("", alias="to", max_length=10, description="last month")
    level: Literal["dealer", "branch", "region"] = "dealer"
    branch: str = Field("", max_length=64)
    region: str = Field("", max_length=64)


class AgeingAsked(Looked):
    """The ageing matrix."""

    level: Literal["region", "branch", "territory", "dealer", "invoice"] = "region"
    region: str = Field("", max_length=64)
    branch: str = Field("", max_length=64)
    territory: str = Field("", max_length=64)
    dealer: UUID | Literal[""] = Field("", description="whose invoices, at the level of invoices")
    by: Literal["due_date", "invoice_date"] = "due_date"
    sort: str = Field("code", max_length=20, pattern=r"^[a-z0-9_-]+$", description="code, name, balance or a column")
    order: Literal["asc", "desc"] = "asc"
    limit: int = Field(200, ge=1, le=MOST_ROWS, description="rows a page")
    after: str = Field("", max_length=100, description="code of the last row of the page before")


GradeSaid = Literal["", "1", "2", "3", "4", "5", "none"]


class GradesAsked(Looked):
    """Grades in force: by place, and from one day to another."""

    first: str = Field("", alias="from", max_length=10, description="the day to compare with; empty: a quarter before")
    level: Literal["region", "branch", "territory"] = "region"
    region: str = Field("", max_length=64)
    branch: str = Field("", max_length=64)
    territory: str = Field("", max_length=64)


class GradeMovesAsked(GradesAsked):
    """The dealers of a cell of the migration matrix."""

    before: GradeSaid = Field("", description="grade on the first day; none: without one")
    grade: GradeSaid = Field("", description="grade on the last day")
    limit: int = Field(200, ge=1, le=MOST_ROWS, description="rows a page")
    after: str = Field("", max_length=64, description="code of the last dealer of the page before")


class Nothing(BaseModel):
    """A page of what is so now."""

    model_config = ConfigDict(extra="forbid")


class ReviewsAsked(Nothing):
    """The review inbox, as it stands now."""

    step: Literal["", "open", "proposed", "audited", "mine"] = Field("", description="mine: those of my role's step")
    late: Literal["", "1"] = Field("", description="1: only reviews that were due before today")
    after: str = Field("", max_length=80, description="due date and code of the last row of the page before")


class PolicyCompared(Looked):
    """A draft of a policy, and the published version to compare it with."""

    against: str = Field("", max_length=7, pattern=r"^\d*$", description="a version; empty: that in force")


class Tried(Looked):
    """What if: a draft to be tried, or a document of one's own."""

    draft: UUID | Literal[""] = ""


class LinesAsked(Looked):
    """Sale lines of a dealer between two days."""

    first: str = Field("", alias="from", max_length=10)
    last: str = Field("", alias="to", max_length=10)
    after: str = Field("", max_length=40, description="day and sequence of the last line seen")


class TimelineAsked(Looked):
    """The dealer page and its timeline."""

    sales: Literal["", "1"] = Field("", description="1: sale lines as well")
    before: str = Field("", max_length=120, description="the last entry of the page before")


class Exported(BaseModel):
    """The format of an export."""

    format: Literal["csv", "xlsx"] = "csv"


class DealersExported(DealersAsked, Exported):
    """The dealer list as a file; `whole=1` takes every page."""

    whole: Literal["", "1"] = ""


class SalesExported(SalesAsked, Exported):
    """The monthly sales report as a file."""


class AgeingExported(AgeingAsked, Exported):
    """The ageing matrix as a file; `whole=1` takes every page."""

    whole: Literal["", "1"] = ""


class GradesExported(GradesAsked, Exported):
    """Grades by place as a file."""


class GradeMovesExported(GradeMovesAsked, Exported):
    """The dealers of a cell as a file; `whole=1` takes every page."""

    whole: Literal["", "1"] = ""
