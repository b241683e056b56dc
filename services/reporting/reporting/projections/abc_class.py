"""Every ABC class ever assigned, with its place in the ranked list; the one of the latest completed run is current."""

from typing import Any

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


@abc_class.on(AbcClassAssigned, uses=FIELDS)
def classified(e: Any) -> dict[str, Any]:
    """The decision as its event says it; `assigned_on` is its business date."""
    return {"dealer": e.subject, "assigned_on": e.businessdate} | {name: getattr(e.data, name) for name in FIELDS}
