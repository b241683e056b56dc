"""The credit file of one dealer: opened with the dealer, graded by runs, reviewed when due (domain.md 2.5).

Due = effective date (as-of) of the last grade + 3 months, or 30 days after onboarding; a review opens 14 days before.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events import CreditFileOpened, CreditGradeAssigned, CreditLimitSet, CreditReviewOpened, Event, GradeWithheld
from events.decider import Decider, Refused

from .calendar_window import plus_months

MONTHS_BETWEEN_RATINGS = 3
FIRST_RATING_AFTER = timedelta(days=30)
REVIEW_OPENS_BEFORE = timedelta(days=14)


class Command(BaseModel):
    """What is asked of a credit file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenCreditFile(Command):
    """From a reaction to `DealerOnboarded`."""

    onboarded_on: date


class AssignGrade(Command):
    """From a rating run: the grade and the limit that `rating.rate` gave, written together."""

    graded: CreditGradeAssigned
    limited: CreditLimitSet


class WithholdGrade(Command):
    """From a rating run that leaves the dealer out; the grade in force stays."""

    withheld: GradeWithheld


class OpenReview(Command):
    """From the clock, on the day the review opens: `review_due` is the due date that the clock knew."""

    review_due: date
    today: date


CreditFileCommand: TypeAlias = OpenCreditFile | AssignGrade | WithholdGrade | OpenReview


class CreditFile(msgspec.Struct, frozen=True):
    """The grade in force, and when the next is due."""

    opened_on: date | None = None
    grade: int | None = None
    graded_as_of: date | None = None
    run: str | None = None
    review_due: date | None = None
    review_open: bool = False


def decide(file: CreditFile, command: CreditFileCommand) -> list[Event]:
    """What happens on a command."""
    match command:
        case OpenCreditFile(onboarded_on=day):
            return [] if file.opened_on else [CreditFileOpened(opened_on=day, review_due=day + FIRST_RATING_AFTER)]
        case AssignGrade():
            return _assign(file, command.graded, command.limited)
        case WithholdGrade(withheld=withheld):
            return [withheld]
        case OpenReview(review_due=due, today=today):
            wanted = file.review_due == due and not file.review_open and today >= due - REVIEW_OPENS_BEFORE
            return [CreditReviewOpened(review_due=due, opened_on=today)] if wanted else []


def _assign(file: CreditFile, graded: CreditGradeAssigned, limited: CreditLimitSet) -> list[Event]:
    if any(getattr(graded, name) != getattr(limited, name) for name in ("run", "as_of", "policy", "cut")):
        raise Refused("limit-of-another-grade", "Assign the grade and the limit of one rating together.")
    if file.run == graded.run:
        return []
    if file.graded_as_of is not None and graded.as_of < file.graded_as_of:
        raise Refused(
            "later-grade-in-force", f"The grade in force is as of {file.graded_as_of}: rate as of that day or later."
        )
    if graded.previous_grade != file.grade:
        raise Refused("previous-grade-changed", "The grade in force has changed since: rate the dealer again.")
    return [graded, limited]


def evolve(file: CreditFile, event: Any) -> CreditFile:
    """What is then so."""
    match event:
        case CreditFileOpened():
            due = file.review_due or event.review_due
            return msgspec.structs.replace(file, opened_on=event.opened_on, review_due=due)
        case CreditGradeAssigned():
            return msgspec.structs.replace(
                file,
                grade=event.grade,
                graded_as_of=event.as_of,
                run=event.run,
                review_due=review_due(event.as_of),
                review_open=False,
            )
        case CreditReviewOpened():
            return msgspec.structs.replace(file, review_open=True)
        case _:
            return file


def review_due(graded_as_of: date) -> date:
    """When the next rating is due after a grade that is effective on this day."""
    return plus_months(graded_as_of, MONTHS_BETWEEN_RATINGS)


CREDIT_FILE = Decider(owner="credit-rating", category="credit", state=CreditFile, decide=decide, evolve=evolve)
