"""Rating runs: at which cut they were started, and what they came to once complete. They name no dealer."""

from typing import Any

from eventlog.projection import Patch, StateTable, boolean, day, integer, json, text, uuid
from events import RatingRunCompleted, RatingRunStarted

run = StateTable(
    "run",
    key={"run": uuid},
    columns={
        "region": text,
        "as_of": day,
        "cut": json,
        "policy": json,
        "authorised_by": text,
        "started_on": day,
        "completed": boolean,
        "rated": integer,
        "left_out": integer,
        "digest": text,
    },
    indexes=[("region", "as_of")],
)
STREAM = "run-"


@run.on(RatingRunStarted, uses=("region", "as_of", "cut", "policy", "authorised_by"))
def started(e: Any) -> Patch:
    """Everything that the run depends on is fixed."""
    return Patch(
        key=(e.subject.removeprefix(STREAM),),
        set={
            "region": e.data.region,
            "as_of": e.data.as_of,
            "cut": e.data.cut,
            "policy": e.data.policy,
            "authorised_by": e.data.authorised_by,
            "started_on": e.businessdate,
            "completed": False,
        },
    )


@run.on(RatingRunCompleted, uses=("rated", "left_out", "digest"))
def completed(e: Any) -> Patch:
    """The run is current from now on."""
    return Patch(
        key=(e.subject.removeprefix(STREAM),),
        set={"completed": True, "rated": e.data.rated, "left_out": e.data.left_out, "digest": e.data.digest},
    )
