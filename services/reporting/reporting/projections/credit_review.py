"""Where the review of each dealer stands now: what the inbox lists, and the version that its next step must name.

A row is written by the stream `credit` of its dealer alone. `version` counts its events: versions are dense, so the
sum is the version of the last one, the ETag that credit-rating demands as If-Match.
"""

from typing import Any

from eventlog.projection import Patch, StateTable, bigint, day, json, text, uuid
from events import (
    EVENT_TYPES,
    CreditGradeApproved,
    CreditGradeAssigned,
    CreditGradeAudited,
    CreditGradeProposed,
    CreditGradeReturned,
    CreditReviewEscalated,
    CreditReviewOpened,
    CreditReviewRejected,
    CreditWatchEnded,
    CreditWatchStarted,
)

credit_review = StateTable(
    "credit_review",
    key={"dealer": uuid},
    columns={
        "stage": text,
        "due": day,
        "opened_on": day,
        "reason": text,
        "escalated_on": day,
        "proposal": uuid,
        "proposed_by": text,
        "audited_by": text,
        "said": text,
        "watched_since": day,
        "fallen": json,
        "version": bigint,
    },
    scope="dealer",
    indexes=[("stage", "due")],
)
OPENED = ("stage", "due", "opened_on", "reason", "said", "escalated_on")
NO_PROPOSAL = dict.fromkeys(("proposal", "proposed_by", "audited_by"))


def _next(e: Any, **then: Any) -> Patch:
    return Patch(key=(e.subject,), set=then or None, add={"version": 1})


@credit_review.on(
    CreditReviewOpened, uses=("review_due", "opened_on", "reason"), sets=(*OPENED, *NO_PROPOSAL), adds=("version",)
)
def opened(e: Any) -> Patch:
    """It waits for a proposal."""
    about = {"stage": "open", "due": e.data.review_due, "opened_on": e.data.opened_on, "reason": e.data.reason}
    return _next(e, **NO_PROPOSAL, **about, said=None, escalated_on=None)


@credit_review.on(
    CreditGradeProposed, uses=("proposal", "proposed_by", "opinion"),
    sets=("stage", "proposal", "proposed_by", "said"), adds=("version",),
)  # fmt: skip
def proposed(e: Any) -> Patch:
    """It waits for its audit."""
    data = e.data
    return _next(e, stage="proposed", proposal=data.proposal, proposed_by=data.proposed_by, said=data.opinion)


@credit_review.on(CreditGradeAudited, uses=("by", "opinion"), sets=("stage", "audited_by", "said"), adds=("version",))
def audited(e: Any) -> Patch:
    """It waits for its approval."""
    return _next(e, stage="audited", audited_by=e.data.by, said=e.data.opinion)


@credit_review.on(CreditGradeReturned, uses=("reason",), sets=("stage", "said", *NO_PROPOSAL), adds=("version",))
def returned(e: Any) -> Patch:
    """It waits for another proposal."""
    return _next(e, **NO_PROPOSAL, stage="open", said=e.data.reason)


@credit_review.on(CreditReviewRejected, uses=("reason",), sets=("stage", "said"), adds=("version",))
def rejected(e: Any) -> Patch:
    """It is over, without a grade."""
    return _next(e, stage="rejected", said=e.data.reason)


@credit_review.on(CreditGradeApproved, uses=("opinion",), sets=("said",), adds=("version",))
def approved(e: Any) -> Patch:
    """It is over; the grade that follows closes it."""
    return _next(e, said=e.data.opinion)


@credit_review.on(CreditGradeAssigned, sets=("stage", "watched_since", "fallen"), adds=("version",))
def graded(e: Any) -> Patch:
    """A grade closes whatever review was open, its own or not, and ends a watch."""
    return _next(e, stage="graded", watched_since=None, fallen=None)


@credit_review.on(CreditReviewEscalated, uses=("escalated_on",), sets=("escalated_on",), adds=("version",))
def escalated(e: Any) -> Patch:
    """It is 15 days late."""
    return _next(e, escalated_on=e.data.escalated_on)


@credit_review.on(CreditWatchStarted, uses=("as_of", "fallen"), sets=("watched_since", "fallen"), adds=("version",))
def watched(e: Any) -> Patch:
    """Some of its computed indicators are worse than its grade says."""
    return _next(e, watched_since=e.data.as_of, fallen=e.data.fallen)


@credit_review.on(CreditWatchEnded, sets=("watched_since", "fallen"), adds=("version",))
def restored(e: Any) -> Patch:
    """None is any more."""
    return _next(e, watched_since=None, fallen=None)


KNOWN = {rule.type for rule in credit_review.rules}
OTHERS = [
    kind.model
    for kind in EVENT_TYPES.values()
    if (kind.owner, kind.stream) == ("credit-rating", "credit") and kind.name not in KNOWN
]
"""Everything else that may stand in the stream: it counts, and says nothing of the review."""


@credit_review.on(*OTHERS, adds=("version",))
def counted(e: Any) -> Patch:
    """One version further."""
    return _next(e)
