"""Whenever a rating is due in 14 days, then its review opens; 15 days after, then it escalates (domain.md 2.5).

Whenever it is due and no review is under way, because one was rejected, then another opens.
"""

from datetime import date

from credit_rating.domain.credit_file import (
    CREDIT_FILE,
    ESCALATES_AFTER,
    REVIEW_OPENS_BEFORE,
    EscalateReview,
    OpenReview,
    ReopenReview,
)
from credit_rating.projections.due import ESCALATE_REVIEW, OPEN_REVIEW, REOPEN_REVIEW
from eventlog.act import Act
from eventlog.clock import Duty


def open_review(dealer: str, due_on: date) -> Act:
    """The review that opens on `due_on`."""
    return Act(CREDIT_FILE, dealer, OpenReview(review_due=due_on + REVIEW_OPENS_BEFORE, today=due_on))


def reopen_review(dealer: str, due_on: date) -> Act:
    """The review that is missing on `due_on`."""
    return Act(CREDIT_FILE, dealer, ReopenReview(today=due_on))


def escalate_review(dealer: str, due_on: date) -> Act:
    """The review that is late on `due_on`."""
    return Act(CREDIT_FILE, dealer, EscalateReview(review_due=due_on - ESCALATES_AFTER, today=due_on))


REVIEWS = [
    Duty(OPEN_REVIEW, open_review),
    Duty(REOPEN_REVIEW, reopen_review),
    Duty(ESCALATE_REVIEW, escalate_review),
]
