"""The credit file of one dealer: opened with the dealer, graded by runs, reviewed when due (domain.md 2.5).

Due = effective date (as-of) of the last grade + 3 months, or 30 days after onboarding; a review opens 14 days before,
or whenever somebody asks, and again if one was rejected and the rating is due; 15 days after it was due it escalates,
once. Between reviews a dealer whose computed
indicators fall is watched. What a review goes through is in `review`.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events import (
    CreditFileOpened,
    CreditGradeAssigned,
    CreditLimitOverridden,
    CreditLimitOverrideEnded,
    CreditLimitRecomputed,
    CreditLimitSet,
    CreditReviewEscalated,
    CreditReviewOpened,
    CreditWatchEnded,
    CreditWatchStarted,
    Event,
    FallenIndicator,
    GradeWithheld,
)
from events.decider import Decider, Refused
from events.types.shapes import PolicyRef

from . import limit_override, limit_recomputation, review
from .calendar_window import plus_months
from .limit_override import EndOverride, Override, OverrideLimit
from .limit_recomputation import Limited, RecomputeLimit
from .money import NOTHING
from .review import ApproveGrade, AuditGrade, ProposeGrade, RejectReview, ReturnGrade, Review

MONTHS_BETWEEN_RATINGS = 3
FIRST_RATING_AFTER = timedelta(days=30)
REVIEW_OPENS_BEFORE = timedelta(days=14)
ESCALATES_AFTER = timedelta(days=15)


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


class ReopenReview(Command):
    """From the clock, on the due date and the day after a rejection: the dealer is due and nobody reviews it."""

    today: date


class CallReview(Command):
    """From somebody who wants the dealer reviewed now."""

    today: date
    reason: str


class EscalateReview(Command):
    """From the clock, 15 days after `review_due`."""

    review_due: date
    today: date


class Watch(Command):
    """From the daily look at a dealer: `fallen` against the grade that the run gave, as of a day, at a cut."""

    run: str
    as_of: date
    fallen: tuple[FallenIndicator, ...]
    policy: PolicyRef
    cut: dict[str, dict[str, int]]


CreditFileCommand: TypeAlias = (
    OpenCreditFile
    | AssignGrade
    | WithholdGrade
    | OpenReview
    | ReopenReview
    | CallReview
    | EscalateReview
    | Watch
    | review.ReviewCommand
    | limit_override.LimitCommand
    | RecomputeLimit
)


class CreditFile(msgspec.Struct, frozen=True):
    """The grade in force, when the next is due, the review under way, whether watched, overrides of the limit."""

    opened_on: date | None = None
    grade: int | None = None
    graded_as_of: date | None = None
    run: str | None = None
    review_due: date | None = None
    review: Review | None = None
    escalated: bool = False
    watched: bool = False
    overrides: tuple[Override, ...] = ()
    limited: Limited | None = None

    @property
    def limit_before(self) -> Decimal:
        """What a raise of the limit is measured by; 0 for a dealer that has had no credit."""
        return self.limited.before if self.limited else NOTHING


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
            wanted = file.review_due == due and file.review is None and today >= due - REVIEW_OPENS_BEFORE
            return [CreditReviewOpened(review_due=due, opened_on=today)] if wanted else []
        case ReopenReview(today=today):
            overdue = file.review is None and file.review_due is not None and file.review_due <= today
            return [CreditReviewOpened(review_due=file.review_due or today, opened_on=today)] if overdue else []
        case CallReview(today=today, reason=reason):
            if file.review is not None:
                raise Refused("review-open", "A review of this dealer is under way: go on with that.")
            return [CreditReviewOpened(review_due=file.review_due or today, opened_on=today, reason=reason)]
        case EscalateReview(review_due=due, today=today):
            wanted = file.review_due == due and not file.escalated and today >= due + ESCALATES_AFTER
            return [CreditReviewEscalated(review_due=due, escalated_on=today)] if wanted else []
        case Watch():
            return _watch(file, command)
        case ProposeGrade(proposed=proposed):
            _follows(file, proposed.as_of, proposed.previous_grade)
            return review.decide(_review(file), command)
        case AuditGrade() | ApproveGrade() | ReturnGrade() | RejectReview():
            return review.decide(_review(file), command)
        case OverrideLimit() if file.grade is None:
            raise Refused("no-limit", "The dealer has no limit that could be overridden: have it graded first.")
        case OverrideLimit() | EndOverride():
            return limit_override.decide(file.overrides, command)
        case RecomputeLimit():
            return limit_recomputation.decide(file.run, file.grade, file.limited, command)


def _assign(file: CreditFile, graded: CreditGradeAssigned, limited: CreditLimitSet) -> list[Event]:
    if any(getattr(graded, name) != getattr(limited, name) for name in ("run", "as_of", "policy", "cut")):
        raise Refused("limit-of-another-grade", "Assign the grade and the limit of one rating together.")
    if file.run == graded.run:
        return []
    _follows(file, graded.as_of, graded.previous_grade)
    return [graded, limited]


def _follows(file: CreditFile, as_of: date, previous_grade: int | None) -> None:
    if file.graded_as_of is not None and as_of < file.graded_as_of:
        raise Refused(
            "later-grade-in-force", f"The grade in force is as of {file.graded_as_of}: rate as of that day or later."
        )
    if previous_grade != file.grade:
        raise Refused("previous-grade-changed", "The grade in force has changed since: rate the dealer again.")


def _review(file: CreditFile) -> Review:
    if file.review is None:
        raise Refused("no-review", "No review of this dealer is under way: open one first.")
    return file.review


def _watch(file: CreditFile, seen: Watch) -> list[Event]:
    """An event when the dealer's standing begins or ceases to be worse than its grade says; nothing in between."""
    if file.run != seen.run or bool(seen.fallen) == file.watched:
        return []
    common: dict[str, Any] = {"as_of": seen.as_of, "policy": seen.policy, "cut": seen.cut}
    return [CreditWatchStarted(**common, fallen=seen.fallen) if seen.fallen else CreditWatchEnded(**common)]


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
                review=None,
                escalated=False,
                watched=False,
            )
        case CreditReviewOpened():
            return msgspec.structs.replace(file, review=Review(event.review_due))
        case CreditReviewEscalated():
            return msgspec.structs.replace(file, escalated=True)
        case CreditWatchStarted() | CreditWatchEnded():
            return msgspec.structs.replace(file, watched=isinstance(event, CreditWatchStarted))
        case CreditLimitSet() | CreditLimitRecomputed():
            return msgspec.structs.replace(file, limited=limit_recomputation.limited(event, file.limited))
        case CreditLimitOverridden():
            return msgspec.structs.replace(file, overrides=(*file.overrides, Override(event.override, event.last_day)))
        case CreditLimitOverrideEnded():
            still = tuple(each for each in file.overrides if each.id != event.override)
            return msgspec.structs.replace(file, overrides=still)
        case _ if file.review is not None:
            return msgspec.structs.replace(file, review=review.evolve(file.review, event))
        case _:
            return file


def review_due(graded_as_of: date) -> date:
    """When the next rating is due after a grade that is effective on this day."""
    return plus_months(graded_as_of, MONTHS_BETWEEN_RATINGS)


CREDIT_FILE = Decider(owner="credit-rating", category="credit", state=CreditFile, decide=decide, evolve=evolve)
