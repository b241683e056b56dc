"""Every ABC class ever assigned, with its place in the ranked list; the one of the latest completed run is current."""

from eventlog.mapping import BUSINESS_DATE, SUBJECT, named
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import AbcClassAssigned

FIELDS = (
    "run",
    "window_from",
    "window_to",
    "abc",
    "measure",
    "rank",
    "share_before",
    "total",
    "population",
    "policy",
    "cut",
)

abc_class = FactsTable(
    "abc_class",
    columns={
        "dealer": uuid,
        "run": uuid,
        "window_from": day,
        "window_to": day,
        "abc": text,
        "measure": money,
        "rank": integer,
        "share_before": money,
        "total": money,
        "population": integer,
        "policy": json,
        "cut": json,
        "assigned_on": day,
    },
    scope="dealer",
    indexes=[("dealer", "window_to"), ("run", "dealer")],
)

abc_class.copies(AbcClassAssigned, dealer=SUBJECT, assigned_on=BUSINESS_DATE, **named(FIELDS))
