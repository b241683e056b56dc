"""What falls due by date: a review opens 14 days before the next rating and escalates 15 days after (domain.md 2.5).

On the due date, and the day after one was rejected, a review opens if none is under way.

The day after its last day a security has expired (domain.md 2.9); its subject names dealer and entry.
"""

from datetime import date, timedelta
from typing import Any

from credit_rating.domain.credit_file import ESCALATES_AFTER, REVIEW_OPENS_BEFORE, review_due
from eventlog.clock import due_table
from eventlog.projection import Patch
from events import CreditFileOpened, CreditGradeAssigned, CreditReviewRejected, SecurityRegistered, SecurityRenewed

OPEN_REVIEW, REOPEN_REVIEW, ESCALATE_REVIEW = "open-review", "reopen-review", "escalate-review"
EXPIRE_SECURITY = "expire-security"
due = due_table()


@due.on(CreditFileOpened, uses=("review_due",), sets=())
def opened(e: Any) -> list[Patch]:
    """The first review."""
    return _of(e.subject, e.data.review_due)


@due.on(CreditGradeAssigned, uses=("as_of",), sets=())
def graded(e: Any) -> list[Patch]:
    """The review after a grade; the one before is not due any more, which the decider knows."""
    return _of(e.subject, review_due(e.data.as_of))


@due.on(CreditReviewRejected, uses=(), sets=())
def rejected(e: Any) -> Patch:
    """A look whether the rating was due already."""
    return Patch(key=(REOPEN_REVIEW, e.subject, e.businessdate + timedelta(days=1)))


@due.on(SecurityRegistered, SecurityRenewed, uses=("security", "expires_on"), sets=())
def secured(e: Any) -> Patch:
    """Its expiry; that it was renewed or released meanwhile the decider knows."""
    return Patch(key=(EXPIRE_SECURITY, f"{e.subject}/{e.data.security}", e.data.expires_on + timedelta(days=1)))


def day_before(due_on: date) -> date:
    """The last day of the security that is due."""
    return due_on - timedelta(days=1)


def _of(dealer: str, due_on: date) -> list[Patch]:
    return [
        Patch(key=(OPEN_REVIEW, dealer, due_on - REVIEW_OPENS_BEFORE)),
        Patch(key=(REOPEN_REVIEW, dealer, due_on)),
        Patch(key=(ESCALATE_REVIEW, dealer, due_on + ESCALATES_AFTER)),
    ]
