"""What falls due by date: a review opens 14 days before the next rating (domain.md 2.5)."""

from typing import Any

from credit_rating.domain.credit_file import REVIEW_OPENS_BEFORE, review_due
from eventlog.clock import due_table
from eventlog.projection import Patch
from events import CreditFileOpened, CreditGradeAssigned

OPEN_REVIEW = "open-review"
due = due_table()


@due.on(CreditFileOpened, uses=("review_due",))
def opened(e: Any) -> Patch:
    """The first review."""
    return Patch(key=(OPEN_REVIEW, e.subject, e.data.review_due - REVIEW_OPENS_BEFORE))


@due.on(CreditGradeAssigned, uses=("as_of",))
def graded(e: Any) -> Patch:
    """The review after a grade; the one before is not due any more, which the decider knows."""
    return Patch(key=(OPEN_REVIEW, e.subject, review_due(e.data.as_of) - REVIEW_OPENS_BEFORE))
