"""Where the due diligence of each dealer stands: the list of those who draw them up and approve them.

Its last one, under way or over; `covers` is the limit that the last approved one covers.
"""

from typing import Any

from eventlog.projection import Patch, StateTable, day, money, text, uuid
from events import (
    DueDiligenceApproved,
    DueDiligenceOpened,
    DueDiligenceRejected,
    DueDiligenceReturned,
    DueDiligenceSubmitted,
    FeasibilityStated,
)

diligence = StateTable(
    "diligence",
    key={"dealer": uuid},
    columns={
        "diligence": uuid,
        "stage": text,
        "purpose": text,
        "opened_on": day,
        "opened_by": text,
        "opinion": text,
        "limit": money,
        "submitted_on": day,
        "submitted_by": text,
        "said": text,
        "covers": money,
        "approved_on": day,
        "approved_by": text,
    },
    scope="dealer",
    indexes=[("stage", "opened_on")],
)
BEGUN = dict.fromkeys(("opinion", "limit", "submitted_on", "submitted_by", "said"))


@diligence.on(
    DueDiligenceOpened, uses=("diligence", "purpose", "opened_on", "by"),
    sets=("diligence", "stage", "purpose", "opened_on", "opened_by", *BEGUN),
)  # fmt: skip
def opened(e: Any) -> Patch:
    """It is drawn up; what an earlier one covers stays."""
    about = {"diligence": e.data.diligence, "purpose": e.data.purpose, "opened_on": e.data.opened_on}
    return Patch(key=(e.subject,), set=BEGUN | about | {"stage": "drawn_up", "opened_by": e.data.by})


@diligence.on(FeasibilityStated, uses=("opinion", "limit"))
def stated(e: Any) -> Patch:
    """For or against so much."""
    return Patch(key=(e.subject,), set={"opinion": e.data.opinion, "limit": e.data.limit})


@diligence.on(DueDiligenceSubmitted, uses=("submitted_on", "by"))
def submitted(e: Any) -> Patch:
    """It waits for its approval."""
    return Patch(
        key=(e.subject,),
        set={"stage": "submitted", "submitted_on": e.data.submitted_on, "submitted_by": e.data.by},
    )


@diligence.on(
    DueDiligenceApproved, uses=("approved_on", "limit", "by", "note"),
    sets=("stage", "said", "covers", "approved_on", "approved_by"),
)  # fmt: skip
def approved(e: Any) -> Patch:
    """It covers a limit."""
    covers = {"covers": e.data.limit, "approved_on": e.data.approved_on, "approved_by": e.data.by}
    return Patch(key=(e.subject,), set=covers | {"stage": "approved", "said": e.data.note})


@diligence.on(DueDiligenceReturned, uses=("reason",))
def returned(e: Any) -> Patch:
    """It is completed."""
    return Patch(key=(e.subject,), set={"stage": "drawn_up", "said": e.data.reason})


@diligence.on(DueDiligenceRejected, uses=("reason",))
def rejected(e: Any) -> Patch:
    """It is over and covers nothing."""
    return Patch(key=(e.subject,), set={"stage": "rejected", "said": e.data.reason})
