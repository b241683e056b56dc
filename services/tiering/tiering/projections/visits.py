"""Contacts with dealers, as the registry tells of them: when and how."""

from __future__ import annotations

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, day, text, uuid
from events import VisitLogged

visit = FactsTable(
    "visit",
    columns={"dealer": uuid, "visited_on": day, "method": text, "representative": text},
    scope="dealer",
    indexes=[("dealer", "visited_on")],
)

visit.copies(VisitLogged, dealer=SUBJECT, **named(("visited_on", "method", "representative")))
