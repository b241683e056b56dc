"""Names of regions, branches and territories, as they are now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PLACES = """
select 'region' as kind, code, name, null as within from region
union all select 'branch', code, name, region from branch
union all select 'territory', code, name, branch from territory
"""


@dataclass(frozen=True)
class Places:
    """Code → name by kind; a place that was never named is shown by its code."""

    region: dict[str, str] = field(default_factory=dict)
    branch: dict[str, str] = field(default_factory=dict)
    territory: dict[str, str] = field(default_factory=dict)

    def name(self, kind: str, code: str) -> str:
        """The name, else the code."""
        names: dict[str, str] = getattr(self, kind)
        return names.get(code) or code


async def places(conn: Any) -> Places:
    """All names."""
    found = Places()
    for row in await conn.fetch(PLACES):
        getattr(found, row["kind"])[row["code"]] = row["name"]
    return found
