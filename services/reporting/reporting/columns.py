"""The columns of each table, once for the page, the CSV and the XLSX: key, title, kind, and what it holds of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reporting import labels
from reporting.i18n import LANGUAGES, N_, translated
from reporting.reading.grades import GRADES
from reporting.reading.places import Places
from service.exports import Column, Kind


@dataclass(frozen=True)
class ReportColumn:
    """One column; `of` takes the row and the names of places. Money has the currency in its title."""

    key: str
    title: str
    kind: Kind
    of: Callable[[Any, Places], Any]
    scale: int = 2
    values: Mapping[str, Any] = field(default_factory=dict)

    def exported(self, currency: str) -> Column:
        """The same for a file."""
        unit = f" ({currency})" if self.kind == "money" else ""
        titles = {language: self.said(language) + unit for language in LANGUAGES}
        return Column(key=self.key, titles=titles, kind=self.kind, scale=self.scale)

    def said(self, language: str) -> str:
        """The title in one language."""
        title = translated(self.title, language)
        return title % self.values if self.values else title


DEALERS: Sequence[ReportColumn] = (
    ReportColumn("code", N_("Code"), "text", lambda row, _: row.code),
    ReportColumn("name", N_("Name"), "text", lambda row, _: row.name),
    ReportColumn("region", N_("Region"), "text", lambda row, places: places.name("region", row.region)),
    ReportColumn("branch", N_("Branch"), "text", lambda row, places: places.name("branch", row.branch)),
    ReportColumn("territory", N_("Territory"), "text", lambda row, places: places.name("territory", row.territory)),
    ReportColumn("grade", N_("Grade"), "integer", lambda row, _: row.grade),
    ReportColumn("limit", N_("Limit"), "money", lambda row, _: row.limit),
    ReportColumn("exposure", N_("Exposure"), "money", lambda row, _: row.exposure),
    ReportColumn("overdue", N_("Overdue"), "money", lambda row, _: row.overdue),
    ReportColumn("abc", N_("ABC"), "text", lambda row, _: row.abc),
    ReportColumn("share", N_("Share"), "share", lambda row, _: row.share, 4),
    ReportColumn("next_visit", N_("Next visit by"), "date", lambda row, _: row.next_visit),
)

SALES: Sequence[ReportColumn] = (
    ReportColumn("code", N_("Code"), "text", lambda row, _: row.code),
    ReportColumn("name", N_("Name"), "text", lambda row, _: row.name),
    ReportColumn("month", N_("Month"), "text", lambda row, _: f"{row.month:%Y-%m}"),
    ReportColumn("quantity", N_("Quantity"), "decimal", lambda row, _: row.quantity, 0),
    ReportColumn("amount", N_("Amount"), "money", lambda row, _: row.amount),
    ReportColumn("returns", N_("Returns"), "money", lambda row, _: row.returns),
    ReportColumn("net", N_("Net"), "money", lambda row, _: row.net),
    ReportColumn("previous_net", N_("Previous month"), "money", lambda row, _: row.previous_net),
    ReportColumn("previous_change", N_("Change"), "share", lambda row, _: row.previous_change, 4),
    ReportColumn("last_year_net", N_("Same month last year"), "money", lambda row, _: row.last_year_net),
    ReportColumn("last_year_change", N_("Change on last year"), "share", lambda row, _: row.last_year_change, 4),
)

GRADE_MOVES: Sequence[ReportColumn] = (
    ReportColumn("code", N_("Code"), "text", lambda row, _: row.code),
    ReportColumn("name", N_("Name"), "text", lambda row, _: row.name),
    ReportColumn("region", N_("Region"), "text", lambda row, places: places.name("region", row.region)),
    ReportColumn("branch", N_("Branch"), "text", lambda row, places: places.name("branch", row.branch)),
    ReportColumn("territory", N_("Territory"), "text", lambda row, places: places.name("territory", row.territory)),
    ReportColumn("before", N_("Grade before"), "integer", lambda row, _: row.before and row.before.grade),
    ReportColumn("after", N_("Grade after"), "integer", lambda row, _: row.after and row.after.grade),
    ReportColumn("since", N_("Since"), "date", lambda row, _: row.after and row.after.as_of),
)


def _nth(name: str, place: int) -> Callable[[Any, Places], Any]:
    return lambda row, _: getattr(row, name)[place]


def of_ageing(names: Sequence[str]) -> list[ReportColumn]:
    """The columns of an ageing matrix with these columns of the policy."""
    amounts = [
        ReportColumn(name, message, "money", _nth("amounts", place), values=values)
        for place, name in enumerate(names)
        for message, values in [labels.ageing(name)]
    ]
    return [
        ReportColumn("code", N_("Code"), "text", lambda row, _: row.code),
        ReportColumn("name", N_("Name"), "text", lambda row, _: row.name),
        *amounts,
        ReportColumn("balance", N_("Balance"), "money", lambda row, _: row.balance),
    ]


def of_grades() -> list[ReportColumn]:
    """The columns of grades by place."""
    counts = [
        ReportColumn(
            f"grade_{grade or 'none'}", N_("Grade %(grade)s") if grade else N_("No grade"), "integer",
            _nth("counts", place), values={"grade": grade} if grade else {},
        )
        for place, grade in enumerate(GRADES)
    ]  # fmt: skip
    return [
        ReportColumn("code", N_("Code"), "text", lambda row, _: row.unit),
        ReportColumn("name", N_("Name"), "text", lambda row, _: row.name),
        *counts,
        ReportColumn("dealers", N_("Dealers"), "integer", lambda row, _: row.dealers),
    ]
