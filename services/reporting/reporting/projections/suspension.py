"""Suspensions and reinstatements as facts, by the day from which they count."""

from typing import Any

from eventlog.projection import FactsTable, boolean, day, text, uuid
from events import DealerReinstated, DealerSuspended

suspension = FactsTable(
    "suspension",
    columns={"dealer": uuid, "suspended": boolean, "effective_on": day, "reason": text},
    scope="dealer",
    indexes=[("dealer",)],
)


@suspension.on(DealerSuspended, uses=("on", "reason"))
def suspended(e: Any) -> dict[str, Any]:
    """Orders are blocked from that day on."""
    return {"dealer": e.subject, "suspended": True, "effective_on": e.data.on, "reason": e.data.reason}


@suspension.on(DealerReinstated, uses=("on", "reason"))
def reinstated(e: Any) -> dict[str, Any]:
    """Orders pass again from that day on."""
    return {"dealer": e.subject, "suspended": False, "effective_on": e.data.on, "reason": e.data.reason}
