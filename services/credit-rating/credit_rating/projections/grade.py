"""Every grade ever assigned, with all that it rests on; the one of the latest completed run is current."""

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, day, integer, json, text, uuid
from events import CreditGradeAssigned

FIELDS = (
    "run",
    "as_of",
    "grade",
    "previous_grade",
    "rule",
    "indicators",
    "survey",
    "policy",
    "cut",
    "cap",
    "approved_by",
)

grade = FactsTable(
    "grade",
    columns={
        "dealer": uuid,
        "run": uuid,
        "as_of": day,
        "grade": integer,
        "previous_grade": integer,
        "rule": text,
        "indicators": json,
        "survey": json,
        "policy": json,
        "cut": json,
        "cap": json,
        "approved_by": text,
    },
    scope="dealer",
    indexes=[("dealer", "as_of"), ("run",), ("event",)],
)

grade.copies(CreditGradeAssigned, dealer=SUBJECT, **named(FIELDS))
