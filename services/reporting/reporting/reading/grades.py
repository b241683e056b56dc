"""Grades in force on two days: how dealers are spread over them, and who moved from which to which (domain.md 4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from reporting.reading.onboarded import Inside, Onboarded, PlaceKind, onboarded
from reporting.reading.places import Places
from reporting.reading.standpoint import AT, Standpoint, within

GRADES: tuple[int | None, ...] = (1, 2, 3, 4, 5, None)
"""Best first; None: no grade yet, cash only."""
IN_FORCE = f"""{AT}
select distinct on (g.dealer) g.dealer, g.grade, g.rule, g.as_of, g.source || '/' || g.partition || '/' || g.sequence
    as position
from grade g
where g.as_of <= (select as_of from at) and {within("g", "credit")}
    and exists (select from run c where c.run = g.run and c.kind = 'rating' and c.phase = 'completed'
        and {within("c", "credit")})
order by g.dealer, g.as_of desc, g.sequence desc
"""


class Graded(BaseModel):
    """A grade in force: since when, by which cell of the grade table, and the decision's place in the log."""

    grade: int
    rule: str
    as_of: date
    position: str


class Moved(BaseModel):
    """A dealer with its grade on the first and on the last day; None where it had none."""

    dealer: UUID
    code: str
    name: str
    region: str
    branch: str
    territory: str
    before: Graded | None
    after: Graded | None

    @property
    def cell(self) -> tuple[int | None, int | None]:
        """Its place in the migration matrix."""
        return self.before.grade if self.before else None, self.after.grade if self.after else None


class Spread(BaseModel):
    """How many dealers of a place have each grade, in the order of `GRADES`; they add up to `dealers`."""

    unit: str
    name: str
    counts: list[int]
    dealers: int


class MovesPage(NamedTuple):
    """Some dealers of a cell by code; `found` counts all of them, `following` is the last code shown if more follow."""

    rows: list[Moved]
    found: int
    following: str | None


@dataclass(frozen=True)
class GradeReport:
    """Everybody who was a dealer on the last day, with the grades of both days."""

    first: date
    dealers: Sequence[Moved]

    def spread(self, kind: PlaceKind, places: Places) -> list[Spread]:
        """A row for each place of this kind."""
        units = sorted({_place(each, kind) for each in self.dealers})
        return [self._spread(unit, places.name(kind, unit), lambda each: _place(each, kind)) for unit in units]

    def whole(self) -> Spread:
        """The same for all of them together."""
        return self._spread("", "", lambda _: "")

    def matrix(self) -> list[list[int]]:
        """Grade before (row) → grade after (column), both in the order of `GRADES`."""
        cells = Counter(each.cell for each in self.dealers)
        return [[cells[before, after] for after in GRADES] for before in GRADES]

    def cell(self, before: str, after: str) -> list[Moved]:
        """The dealers of a cell; `none` is no grade, empty is any."""
        wanted = {str(grade or "none"): grade for grade in GRADES}
        return [
            each for each in self.dealers
            if (not before or each.cell[0] == wanted[before]) and (not after or each.cell[1] == wanted[after])
        ]  # fmt: skip

    def page(self, before: str, after: str, *, behind: str = "", limit: int | None = None) -> MovesPage:
        """The dealers of a cell whose codes come behind this one; `limit` None: all of them."""
        cell = self.cell(before, after)
        rest = [each for each in cell if each.code > behind]
        rows = rest[:limit]
        return MovesPage(rows, len(cell), rows[-1].code if len(rest) > len(rows) else None)

    def _spread(self, unit: str, name: str, of: Callable[[Moved], str]) -> Spread:
        counts = Counter(each.cell[1] for each in self.dealers if of(each) == unit)
        row = [counts[grade] for grade in GRADES]
        return Spread(unit=unit, name=name, counts=row, dealers=sum(row))


def _place(each: Moved, kind: PlaceKind) -> str:
    code: str = getattr(each, kind)
    return code


async def grade_report(conn: Any, at: Standpoint, first: date, inside: Inside) -> GradeReport:
    """Grades on `first` and as of the standpoint's day, both known at its cut."""
    dealers = [each for each in await onboarded(conn, at, inside) if each.onboarded_on <= at.as_of]
    before, after = await _in_force(conn, replace(at, as_of=first)), await _in_force(conn, at)
    return GradeReport(first, list(_moved(dealers, before, after)))


async def _in_force(conn: Any, at: Standpoint) -> dict[UUID, Graded]:
    return {row["dealer"]: Graded(**dict(row)) for row in await conn.fetch(IN_FORCE, *at.parameters)}


def _moved(dealers: Iterable[Onboarded], before: dict[UUID, Graded], after: dict[UUID, Graded]) -> Iterable[Moved]:
    for each in dealers:
        known = each._asdict()
        del known["onboarded_on"]
        yield Moved(**known, before=before.get(each.dealer), after=after.get(each.dealer))
