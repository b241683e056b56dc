"""Every contact with a dealer, with what succeeded, what fell short and the lesson."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, day, json, text, uuid
from events import VisitLogged

visit = FactsTable(
    "visit",
    columns={
        "dealer": uuid,
        "visited_on": day,
        "method": text,
        "place": text,
        "participants": json,
        "content": text,
        "succeeded": text,
        "fell_short": text,
        "lesson": text,
        "next_appointment": day,
        "next_plan": text,
        "representative": text,
    },
    scope="dealer",
    indexes=[("dealer", "visited_on"), ("representative", "visited_on")],
)
WRITTEN = tuple(name for name in visit.declared if name != "dealer")


@visit.on(VisitLogged, uses=WRITTEN)
def logged(e: Any) -> dict[str, Any]:
    """One visit, call, message or meeting."""
    return {"dealer": e.subject} | {name: getattr(e.data, name) for name in WRITTEN}
