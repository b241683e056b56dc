"""Where the review of each dealer stands: the inbox of those who propose, audit and approve.

Its last review, open or over; what it went through step by step is in `review_step`.
"""

from typing import Any

from eventlog.projection import Patch, StateTable, day, integer, text, uuid
from events import (
    CreditGradeApproved,
    CreditGradeAssigned,
    CreditGradeAudited,
    CreditGradeProposed,
    CreditGradeReturned,
    CreditReviewEscalated,
    CreditReviewOpened,
    CreditReviewRejected,
)

review = StateTable(
    "review",
    key={"dealer": uuid},
    columns={
        "stage": text,
        "due": day,
        "opened_on": day,
        "reason": text,
        "escalated_on": day,
        "proposal": uuid,
        "as_of": day,
        "previous_grade": integer,
        "grade": integer,
        "proposed_by": text,
        "audited_by": text,
        "said": text,
    },
    scope="dealer",
    indexes=[("stage", "due")],
)
ABOUT = ("proposal", "as_of", "previous_grade", "grade", "proposed_by")
NO_PROPOSAL = dict.fromkeys((*ABOUT, "audited_by"))
OPENED = ("stage", "due", "opened_on", "reason", "said", "escalated_on")


@review.on(CreditReviewOpened, uses=("review_due", "opened_on", "reason"), sets=(*OPENED, *NO_PROPOSAL))
def opened(e: Any) -> Patch:
    """It waits for a proposal."""
    about = {"stage": "open", "due": e.data.review_due, "opened_on": e.data.opened_on, "reason": e.data.reason}
    return Patch(key=(e.subject,), set=NO_PROPOSAL | about | {"said": None, "escalated_on": None})


@review.on(CreditGradeProposed, uses=(*ABOUT, "opinion"), sets=("stage", *ABOUT, "said"))
def proposed(e: Any) -> Patch:
    """It waits for its audit."""
    about = {name: getattr(e.data, name) for name in ABOUT}
    return Patch(key=(e.subject,), set=about | {"stage": "proposed", "said": e.data.opinion})


@review.on(CreditGradeAudited, uses=("by", "opinion"))
def audited(e: Any) -> Patch:
    """It waits for its approval."""
    return Patch(key=(e.subject,), set={"stage": "audited", "audited_by": e.data.by, "said": e.data.opinion})


@review.on(CreditGradeReturned, uses=("reason",), sets=("stage", "said", *NO_PROPOSAL))
def returned(e: Any) -> Patch:
    """It waits for another proposal."""
    return Patch(key=(e.subject,), set=NO_PROPOSAL | {"stage": "open", "said": e.data.reason})


@review.on(CreditReviewRejected, uses=("reason",))
def rejected(e: Any) -> Patch:
    """It is over, without a grade."""
    return Patch(key=(e.subject,), set={"stage": "rejected", "said": e.data.reason})


@review.on(CreditGradeApproved, uses=("opinion",))
def approved(e: Any) -> Patch:
    """It is over; the grade that follows closes it."""
    return Patch(key=(e.subject,), set={"said": e.data.opinion})


@review.on(CreditGradeAssigned, uses=("run",))
def graded(e: Any) -> Patch:
    """A grade closes whatever review was open, its own or not."""
    return Patch(key=(e.subject,), set={"stage": "graded"})


@review.on(CreditReviewEscalated, uses=("escalated_on",))
def escalated(e: Any) -> Patch:
    """It is 15 days late."""
    return Patch(key=(e.subject,), set={"escalated_on": e.data.escalated_on})
