"""Classification runs: what was started, and which are complete. They name no dealer and are everyone's."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, Patch, StateTable, bigint, day, json, text, uuid
from events import ClassificationRunCompleted, ClassificationRunStarted

run = StateTable(
    "run",
    key={"run": uuid},
    columns={
        "coverage": text,
        "measure": text,
        "window_from": day,
        "window_to": day,
        "policy": json,
        "cut": json,
        "authorised_by": text,
        "started_on": day,
        "left_out": bigint,
        "classified": bigint,
        "digest": text,
    },
)
run_exclusion = FactsTable(
    "run_exclusion", columns={"dealer": uuid, "run": uuid, "reason": text}, scope="dealer", indexes=[("run", "dealer")]
)
run_completion = FactsTable(
    "run_completion", columns={"run": uuid, "classified": bigint, "digest": text}, indexes=[("recorded_at",), ("run",)]
)


def run_of(subject: str) -> str:
    """The run whose stream's key this is."""
    return subject.removeprefix("run-")


@run.on(
    ClassificationRunStarted,
    uses=("scope", "measure", "window_from", "window_to", "policy", "cut", "authorised_by", "excluded"),
)
def started(e: Any) -> Patch:
    """A run began."""
    data = e.data
    return Patch(
        key=(run_of(e.subject),),
        set={
            "coverage": data.scope,
            "measure": data.measure,
            "window_from": data.window_from,
            "window_to": data.window_to,
            "policy": data.policy,
            "cut": data.cut,
            "authorised_by": data.authorised_by,
            "started_on": e.businessdate,
            "left_out": len(data.excluded),
        },
    )


@run_exclusion.on(ClassificationRunStarted, uses=("excluded",))
def excluded(e: Any) -> list[dict[str, Any]]:
    """Whom it leaves out."""
    return [{"dealer": each.dealer, "run": run_of(e.subject), "reason": each.reason} for each in e.data.excluded]


@run.on(ClassificationRunCompleted, uses=("classified", "digest"))
def completed(e: Any) -> Patch:
    """A run is complete."""
    return Patch(key=(run_of(e.subject),), set={"classified": e.data.classified, "digest": e.data.digest})


@run_completion.on(ClassificationRunCompleted, uses=("classified", "digest"))
def completion(e: Any) -> dict[str, Any]:
    """When a run was completed: the last one is current."""
    return {"run": run_of(e.subject), "classified": e.data.classified, "digest": e.data.digest}
