"""Whenever a rating is due in 14 days, then its review opens (domain.md 2.5)."""

from datetime import date

from credit_rating.domain.credit_file import CREDIT_FILE, REVIEW_OPENS_BEFORE, OpenReview
from credit_rating.projections.due import OPEN_REVIEW
from eventlog.act import Act
from eventlog.clock import Duty


def open_review(dealer: str, due_on: date) -> Act:
    """The review that opens on `due_on`."""
    return Act(CREDIT_FILE, dealer, OpenReview(review_due=due_on + REVIEW_OPENS_BEFORE, today=due_on))


OPEN_REVIEWS = Duty(OPEN_REVIEW, open_review)
