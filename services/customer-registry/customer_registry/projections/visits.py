"""Every contact with a dealer, with what succeeded, what fell short and the lesson."""

from __future__ import annotations

from eventlog.mapping import SUBJECT, named
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

visit.copies(VisitLogged, dealer=SUBJECT, **named(WRITTEN))
