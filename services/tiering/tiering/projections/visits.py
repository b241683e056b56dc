"""Contacts with dealers, as the registry tells of them: when and how."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, day, text, uuid
from events import VisitLogged

visit = FactsTable(
    "visit",
    columns={"dealer": uuid, "visited_on": day, "method": text, "representative": text},
    scope="dealer",
    indexes=[("dealer", "visited_on")],
)


@visit.on(VisitLogged, uses=("visited_on", "method", "representative"))
def logged(e: Any) -> dict[str, Any]:
    """One contact."""
    data = e.data
    return {
        "dealer": e.subject,
        "visited_on": data.visited_on,
        "method": data.method,
        "representative": data.representative,
    }
