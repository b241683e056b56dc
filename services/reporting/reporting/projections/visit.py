"""Contacts with dealers as facts; the method tells a visit from a call."""

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, day, json, text, uuid
from events import VisitLogged

FIELDS = (
    "visited_on",
    "method",
    "place",
    "participants",
    "content",
    "succeeded",
    "fell_short",
    "lesson",
    "next_appointment",
    "next_plan",
    "representative",
)

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
    indexes=[("dealer", "visited_on")],
)

visit.copies(VisitLogged, dealer=SUBJECT, **named(FIELDS))
