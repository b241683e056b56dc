"""Which dealers there were at a cut, under the name and in the place that the cut knew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from reporting.reading.standpoint import AT, Standpoint, within

PlaceKind = Literal["region", "branch", "territory"]
PLACE_KINDS: tuple[PlaceKind, ...] = ("region", "branch", "territory")
ONBOARDED = f"""{AT}
select o.dealer, o.code, coalesce(c.name, o.name) as name, o.region, o.branch, o.territory, o.onboarded_on
from onboarding o
left join lateral (select c.name from card c where c.dealer = o.dealer and c.name is not null
    and {within("c", "registry")} order by c.sequence desc limit 1) c on true
where {within("o", "registry")} and (select as_of from at) is not null
    and ($5 = '' or o.region = $5) and ($6 = '' or o.branch = $6) and ($7 = '' or o.territory = $7)
    and ($8::uuid is null or o.dealer = $8)
order by o.code
"""


class Inside(NamedTuple):
    """The part of the company that a report looks into; empty names are not asked for."""

    region: str = ""
    branch: str = ""
    territory: str = ""
    dealer: UUID | None = None


class Onboarded(NamedTuple):
    """A dealer and where it belongs."""

    dealer: UUID
    code: str
    name: str
    region: str
    branch: str
    territory: str
    onboarded_on: date

    def place(self, kind: PlaceKind) -> str:
        """The code of its region, branch or territory."""
        code: str = getattr(self, kind)
        return code


async def onboarded(conn: Any, at: Standpoint, inside: Inside) -> Sequence[Onboarded]:
    """Every dealer in there that the caller may see, by code; a ledger may be older than its dealer's first day."""
    return [Onboarded(**dict(row)) for row in await conn.fetch(ONBOARDED, *at.parameters, *inside)]
