"""Where the credit work on each dealer stands: what the clock opens reviews from.

The grade that is current is not read from here: only a completed run counts (`grade`, `run`).
"""

from typing import Any

from credit_rating.domain.credit_file import review_due
from eventlog.projection import Patch, StateTable, boolean, day, uuid
from events import CreditFileOpened, CreditGradeAssigned, CreditReviewOpened

credit_file = StateTable(
    "credit_file",
    key={"dealer": uuid},
    columns={"opened_on": day, "review_due": day, "review_open": boolean},
    scope="dealer",
    indexes=[("review_due",)],
)


@credit_file.on(CreditFileOpened, uses=("opened_on", "review_due"))
def opened(e: Any) -> Patch:
    """The first rating is due 30 days after onboarding."""
    return Patch(
        key=(e.subject,), set={"opened_on": e.data.opened_on, "review_due": e.data.review_due, "review_open": False}
    )


@credit_file.on(CreditGradeAssigned, uses=("as_of",))
def graded(e: Any) -> Patch:
    """The next rating is due three months later."""
    return Patch(key=(e.subject,), set={"review_due": review_due(e.data.as_of), "review_open": False})


@credit_file.on(CreditReviewOpened, uses=("review_due",))
def review_opened(e: Any) -> Patch:
    """Work on the next rating has begun."""
    return Patch(key=(e.subject,), set={"review_due": e.data.review_due, "review_open": True})
