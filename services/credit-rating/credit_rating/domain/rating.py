"""A dealer's rating: facts at a cut, a policy and a day in; grade and limit out, the same bytes wherever it runs.

`rederive` calls `rate` with what the log says up to the decision's cut and compares `canonical_data` of the events.
Source: domain.md 2.3, 2.4, 2.7; architecture.md 4.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from events import (
    CreditGradeAssigned,
    CreditLimitSet,
    Event,
    FiveCCap,
    Indicator,
    PolicyRef,
    canonical,
)

from .facts import DealerFacts, Survey
from .five_c import cap_of
from .grades import GradeGiven, grade_of
from .indicators import (
    Assessment,
    Declared,
    Graded,
    Override,
    SurveyMissing,
    assess,
    assessed_like,
    overridden,
)
from .indicators.declared import Snapshot, snapshot
from .limits import LimitComputed, LimitGiven, limit_under
from .money import NOTHING
from .policy import CreditPolicy


class Occasion(NamedTuple):
    """What a rating is part of: the run, its day, cut (service → partition → sequence), policy and approver."""

    run: str
    as_of: date
    cut: dict[str, dict[str, int]]
    policy: PolicyRef
    approved_by: str


class Rated(NamedTuple):
    """The two events of a rating, written together."""

    grade: CreditGradeAssigned
    limit: CreditLimitSet


class NotRated(NamedTuple):
    """Why a run leaves a dealer out: `survey-missing` or `survey-out-of-date`."""

    reason: str


class Judged(NamedTuple):
    """What facts and a policy give: the indicators, the cell of the table, and the limit. Nothing is written yet."""

    assessment: Assessment
    given: GradeGiven
    limit: LimitComputed
    cap: FiveCCap | None = None
    """The 5C assessment that keeps the grade from being what the cell says."""


class Like(NamedTuple):
    """What another policy made of the same dealer on the same day: without overrides, and with due diligence or not.

    `otherwise`: the indicators that the policy at hand grades by other rules; `same_base`: what a limit rests on is the
    same under both.
    """

    judged: Judged
    otherwise: Sequence[Declared]
    same_base: bool


def judge(
    dealer: Snapshot,
    policy: CreditPolicy,
    overrides: Collection[Override] = (),
    before: Decimal = NOTHING,
    like: Like | None = None,
) -> Judged | NotRated:
    """Grade one dealer and work out its limit: what every rating records, and all that a simulation compares.

    `before` is the limit that its last grade came to, 0 if none. `like` saves what need not be worked out again.
    """
    if like is None:
        assessment = assess(dealer, policy.indicators)
    else:
        assessment = assessed_like(like.judged.assessment, dealer, policy.indicators, like.otherwise)
    if isinstance(assessment, SurveyMissing):
        return NotRated(assessment.reason)
    if overrides:
        assessment = overridden(assessment, overrides)
    given = grade_of(assessment.key, assessment.other, policy.grades)
    cap = cap_of(given.grade, dealer.facts.assessments, dealer.as_of, policy.five_c)
    if cap is not None:
        given = given._replace(grade=cap.grade)
    base = like.judged.limit.base if like is not None and like.same_base else None
    return Judged(assessment, given, limit_under(dealer, given.grade, policy, before, base), cap)


def rate(
    facts: DealerFacts,
    *,
    policy: CreditPolicy,
    occasion: Occasion,
    previous_grade: int | None,
    previous_limit: Decimal = NOTHING,
    overrides: Collection[Override] = (),
) -> Rated | NotRated:
    """Rate one dealer. `occasion.policy` must name `policy`; previous are the grade in force before and its limit."""
    match judge(snapshot(facts, occasion.as_of), policy, overrides, previous_limit):
        case NotRated() as left_out:
            return left_out
        case Judged() as judged:
            return Rated(_graded(judged, occasion, previous_grade), _limited(judged.limit.given(), occasion))


def _graded(judged: Judged, occasion: Occasion, previous_grade: int | None) -> CreditGradeAssigned:
    return CreditGradeAssigned.model_validate(
        {
            **_common(occasion),
            "grade": judged.given.grade,
            "previous_grade": previous_grade,
            "rule": judged.given.rule,
            "indicators": {name: _indicator(each) for name, each in judged.assessment.indicators.items()},
            "survey": _survey(judged.assessment.survey),
            "cap": judged.cap,
            "approved_by": occasion.approved_by,
        }
    )


def _limited(limit: LimitGiven, occasion: Occasion) -> CreditLimitSet:
    return CreditLimitSet.model_validate({**_common(occasion), **limit._asdict()})


def _common(occasion: Occasion) -> dict[str, Any]:
    return {"run": occasion.run, "as_of": occasion.as_of, "policy": occasion.policy, "cut": occasion.cut}


def _indicator(graded: Graded) -> Indicator:
    said = {"grade": graded.grade, "note": graded.note}
    return Indicator.model_validate(said | graded.shown._asdict())


def _survey(survey: Survey) -> dict[str, Any]:
    return msgspec.structs.asdict(survey)


def canonical_data(event: Event) -> bytes:
    """The canonical JSON of an event's data: what two derivations of one decision are compared by."""
    return canonical(event.model_dump(mode="json"))
