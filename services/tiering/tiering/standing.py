"""What visit planning needs of dealers: since when they are served, their classes over time, their visits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from tiering.domain.visits_due import COUNTED_METHODS, ClassGiven

CLASSES = """
select a.dealer, a.given_on, a.abc from abc_class a join run_completion c on c.run = a.run
where a.dealer = any($1::uuid[]) and a.given_on <= $2 order by c.recorded_at, c.run
"""
VISITS = """
select dealer, visited_on from visit
where dealer = any($1::uuid[]) and visited_on <= $2 and method = any($3::text[])
"""


class Served(NamedTuple):
    """One dealer's classes of completed runs, in the order of their completion, and the days it was visited."""

    dealer: UUID
    onboarded_on: date
    classes: list[ClassGiven]
    visits: list[date]


async def served(conn: Any, dealers: Sequence[Any], as_of: date) -> list[Served]:
    """The standing of these rows (`dealer`, `onboarded_on`) at the end of a day, in the snapshot of a caller."""
    ids = [row["dealer"] for row in dealers]
    classes: defaultdict[UUID, list[ClassGiven]] = defaultdict(list)
    visits: defaultdict[UUID, list[date]] = defaultdict(list)
    for row in await conn.fetch(CLASSES, ids, as_of):
        classes[row["dealer"]].append(ClassGiven(row["given_on"], row["abc"]))
    for row in await conn.fetch(VISITS, ids, as_of, sorted(COUNTED_METHODS)):
        visits[row["dealer"]].append(row["visited_on"])
    return [
        Served(row["dealer"], row["onboarded_on"], classes[row["dealer"]], visits[row["dealer"]]) for row in dealers
    ]
