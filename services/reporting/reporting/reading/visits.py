"""Which visit comes next, by the class a dealer was given and the visits it had (domain.md 3.6)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec

from reporting.reading.standpoint import AT, Standpoint, within
from rules.periods import Cadence
from rules.visits_due import COUNTED_METHODS, AbcClass, ClassGiven, Plan, Standards, next_due

STANDARDS = f"""{AT}
select p.content from policy p where p.kind = 'tiering' and p.effective_from <= (select as_of from at)
    and {within("p", "tiering")}
order by p.effective_from desc, p.version desc limit 1
"""
VISITED = f"""{AT}
select v.dealer, v.visited_on from visit v
where v.dealer = any($5) and v.method = any($6) and v.visited_on <= (select as_of from at) and {within("v", "registry")}
"""
GIVEN = f"""{AT}
select c.dealer, c.assigned_on, c.abc from abc_class c
where c.dealer = any($5) and c.assigned_on <= (select as_of from at) and {within("c", "tiering")}
    and exists (select from run r where r.run = c.run and r.kind = 'classification' and r.phase = 'completed'
        and {within("r", "tiering")})
order by c.sequence
"""


class VisitStandard(msgspec.Struct, frozen=True):
    """`visits` in every period."""

    every: Cadence
    visits: int = 1


class ServiceStandard(msgspec.Struct, frozen=True):
    """What a class gets."""

    visits: VisitStandard


DEFAULT: Standards = {
    "A": ServiceStandard(VisitStandard("half_month")),
    "B": ServiceStandard(VisitStandard("month")),
    "C": ServiceStandard(VisitStandard("quarter")),
}
"""The policy of domain.md 3.6, for whatever the published one does not say."""


async def standards_of(conn: Any, at: Standpoint) -> Standards:
    """The service standards in force."""
    return standards_in(await conn.fetchval(STANDARDS, *at.parameters))


def standards_in(content: str | None) -> Standards:
    """The service standards of a policy's content; the default ones of what it does not say (None: no policy yet)."""
    said = json.loads(content or "{}").get("service_standards", {})
    return {**DEFAULT, **msgspec.convert(said, dict[AbcClass, ServiceStandard])}


async def next_visits(conn: Any, at: Standpoint, onboarded: Mapping[UUID, date]) -> dict[UUID, Plan]:
    """The next visit of each of these dealers; a dealer onboarded after the as-of date has none."""
    standards, dealers = await standards_of(conn, at), list(onboarded)
    visits = await _grouped(conn, VISITED, at, dealers, sorted(COUNTED_METHODS))
    classes = await _grouped(conn, GIVEN, at, dealers)
    return {
        dealer: next_due(
            onboarded_on=on,
            classes=[ClassGiven(row["assigned_on"], row["abc"]) for row in classes.get(dealer, [])],
            visits=[row["visited_on"] for row in visits.get(dealer, [])],
            as_of=at.as_of,
            standards=standards,
        )
        for dealer, on in onboarded.items()
        if on <= at.as_of
    }


async def _grouped(conn: Any, query: str, at: Standpoint, dealers: Sequence[UUID], *rest: Any) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = {}
    for row in await conn.fetch(query, *at.parameters, dealers, *rest):
        found.setdefault(row["dealer"], []).append(row)
    return found
