"""Rating and classification runs as facts, a row when one starts and one when it completes: only then is it current.

`scope` is `company`, `region:<code>` or `branch:<code>`; `last_day` the as-of date, or the last day of the window. An
approved review is the run of one grade, of no scope, that starts and completes at once.
"""

from typing import Any

from eventlog.projection import FactsTable, day, integer, json, text, uuid
from events import (
    ClassificationRunCompleted,
    ClassificationRunStarted,
    CreditGradeApproved,
    RatingRunCompleted,
    RatingRunStarted,
)

run = FactsTable(
    "run",
    columns={
        "run": uuid,
        "kind": text,
        "phase": text,
        "scope": text,
        "measure": text,
        "first_day": day,
        "last_day": day,
        "policy": json,
        "authorised_by": text,
        "dealers": integer,
        "digest": text,
    },
    indexes=[("run",)],
)
STREAM = "run-"


def _row(kind: str, phase: str, e: Any, **rest: Any) -> dict[str, Any]:
    return {"run": e.subject.removeprefix(STREAM), "kind": kind, "phase": phase, **rest}


@run.on(RatingRunStarted, uses=("region", "as_of", "policy", "authorised_by"))
def rating_started(e: Any) -> dict[str, Any]:
    """Grades are being assigned in a region."""
    scope, data = f"region:{e.data.region}", e.data
    return _row("rating", "started", e, scope=scope, last_day=data.as_of, policy=data.policy,
                authorised_by=data.authorised_by)  # fmt: skip


@run.on(RatingRunCompleted, uses=("rated", "digest"))
def rating_completed(e: Any) -> dict[str, Any]:
    """They are current now."""
    return _row("rating", "completed", e, dealers=e.data.rated, digest=e.data.digest)


@run.on(CreditGradeApproved, uses=("proposal", "as_of", "policy", "by"))
def review_approved(e: Any) -> list[dict[str, Any]]:
    """The grade that follows is current."""
    about = {"run": e.data.proposal, "kind": "rating"}
    begun = {"phase": "started", "last_day": e.data.as_of, "policy": e.data.policy, "authorised_by": e.data.by}
    return [about | begun, about | {"phase": "completed", "dealers": 1}]


@run.on(ClassificationRunStarted, uses=("scope", "measure", "window_from", "window_to", "policy", "authorised_by"))
def classification_started(e: Any) -> dict[str, Any]:
    """Classes are being assigned over a window."""
    data = e.data
    return _row("classification", "started", e, scope=data.scope, measure=data.measure, first_day=data.window_from,
                last_day=data.window_to, policy=data.policy, authorised_by=data.authorised_by)  # fmt: skip


@run.on(ClassificationRunCompleted, uses=("classified", "digest"))
def classification_completed(e: Any) -> dict[str, Any]:
    """They are current now."""
    return _row("classification", "completed", e, dealers=e.data.classified, digest=e.data.digest)
