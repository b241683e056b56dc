"""Whenever a rating is due in 14 days, then its review opens; 15 days after, then it escalates (domain.md 2.5)."""

from datetime import date

from credit_rating.domain.credit_file import (
    CREDIT_FILE,
    ESCALATES_AFTER,
    REVIEW_OPENS_BEFORE,
    EscalateReview,
    OpenReview,
)
from credit_rating.projections.due import ESCALATE_REVIEW, OPEN_REVIEW
from eventlog.act import Act
from eventlog.clock import Duty


def open_review(dealer: str, due_on: date) -> Act:
    """The review that opens on `due_on`."""
    return Act(CREDIT_FILE, dealer, OpenReview(review_due=due_on + REVIEW_OPENS_BEFORE, today=due_on))


def escalate_review(dealer: str, due_on: date) -> Act:
    """The review that is late on `due_on`."""
    return Act(CREDIT_FILE, dealer, EscalateReview(review_due=due_on - ESCALATES_AFTER, today=due_on))


REVIEWS = [Duty(OPEN_REVIEW, open_review), Duty(ESCALATE_REVIEW, escalate_review)]
