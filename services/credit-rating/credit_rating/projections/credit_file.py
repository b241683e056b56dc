"""Where the credit work on each dealer stands: when the next rating is due, and whether the dealer is watched.

The grade that is current is not read from here: only a completed run counts (`grade`, `run`). `run` is that of the
last grade, whose indicators the watch compares with.
"""

from typing import Any

from credit_rating.domain.credit_file import review_due
from eventlog.projection import Patch, StateTable, day, json, uuid
from events import CreditFileOpened, CreditGradeAssigned, CreditWatchEnded, CreditWatchStarted

credit_file = StateTable(
    "credit_file",
    key={"dealer": uuid},
    columns={"opened_on": day, "review_due": day, "run": uuid, "watched_since": day, "fallen": json},
    scope="dealer",
    indexes=[("review_due",)],
)


@credit_file.on(CreditFileOpened, uses=("opened_on", "review_due"))
def opened(e: Any) -> Patch:
    """The first rating is due 30 days after onboarding."""
    return Patch(key=(e.subject,), set={"opened_on": e.data.opened_on, "review_due": e.data.review_due})


@credit_file.on(CreditGradeAssigned, uses=("as_of", "run"))
def graded(e: Any) -> Patch:
    """The next rating is due three months later, and a watch is over."""
    due = review_due(e.data.as_of)
    return Patch(key=(e.subject,), set={"review_due": due, "run": e.data.run, "watched_since": None, "fallen": None})


@credit_file.on(CreditWatchStarted, uses=("as_of", "fallen"))
def watched(e: Any) -> Patch:
    """Some of its computed indicators are worse than its grade says."""
    return Patch(key=(e.subject,), set={"watched_since": e.data.as_of, "fallen": e.data.fallen})


@credit_file.on(CreditWatchEnded, uses=("as_of",))
def restored(e: Any) -> Patch:
    """None is any more."""
    return Patch(key=(e.subject,), set={"watched_since": None, "fallen": None})
