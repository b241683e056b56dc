"""The dealer change register (客户增减变动表): a line for each onboarding, suspension and reinstatement."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, day, text, uuid
from events import DealerOnboarded, DealerReinstated, DealerSuspended

dealer_change = FactsTable(
    "dealer_change",
    columns={
        "dealer": uuid,
        "on": day,
        "kind": text,
        "reason": text,
        "submitted_by": text,
        "reviewed_by": text,
        "approved_by": text,
    },
    scope="dealer",
    indexes=[("on",), ("dealer",)],
)


@dealer_change.on(DealerOnboarded, uses=("onboarded_on", "submitted_by", "reviewed_by", "approved_by"))
def onboarded(e: Any) -> dict[str, Any]:
    """A dealer more."""
    data = e.data
    return {
        "dealer": e.subject,
        "on": data.onboarded_on,
        "kind": "onboarded",
        "reason": None,
        "submitted_by": data.submitted_by,
        "reviewed_by": data.reviewed_by,
        "approved_by": data.approved_by,
    }


@dealer_change.on(DealerSuspended, uses=("on", "reason", "by"))
def suspended(e: Any) -> dict[str, Any]:
    """A dealer blocked."""
    return _by_one(e, "suspended")


@dealer_change.on(DealerReinstated, uses=("on", "reason", "by"))
def reinstated(e: Any) -> dict[str, Any]:
    """A dealer back."""
    return _by_one(e, "reinstated")


def _by_one(e: Any, kind: str) -> dict[str, Any]:
    data = e.data
    people = {"submitted_by": None, "reviewed_by": None, "approved_by": data.by}
    return {"dealer": e.subject, "on": data.on, "kind": kind, "reason": data.reason, **people}
