"""Whom a rating run left out, and why: a row a dealer and run."""

from typing import Any

from credit_rating.projections.run import STREAM
from eventlog.projection import FactsTable, text, uuid
from events import GradeWithheld, RatingRunCompleted

run_exclusion = FactsTable(
    "run_exclusion", columns={"dealer": uuid, "run": uuid, "reason": text}, scope="dealer", indexes=[("run", "dealer")]
)


@run_exclusion.on(GradeWithheld, uses=("run", "reason"))
def withheld(e: Any) -> dict[str, Any]:
    """The dealer's own event says so."""
    return {"dealer": e.subject, "run": e.data.run, "reason": e.data.reason}


@run_exclusion.on(RatingRunCompleted, uses=("excluded",))
def named(e: Any) -> list[dict[str, Any]]:
    """Until version 2 the end of the run named them."""
    run = e.subject.removeprefix(STREAM)
    return [{"dealer": each.dealer, "run": run, "reason": each.reason} for each in e.data.excluded]
