"""The 5C of a dealer: capital, character, capacity, collateral, conditions, 0–100 each (domain.md 2.6).

Total = Σ score × weight, to one decimal, half up. A policy with a cap gives no better grade than the cap's to a dealer
whose latest assessment comes to less, by that policy's own weights: so a cap never makes a better indicator worse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict

from events import Event, FiveCAssessed, FiveCCap, FiveCs
from events.decider import Decider
from events.types.shapes import PolicyRef

from .calendar_window import plus_months
from .money import rounded
from .policy.five_c import FiveCRule, Weights

CS = ("character", "capacity", "capital", "collateral", "conditions")


class FiveC(msgspec.Struct, frozen=True, kw_only=True):
    """One assessment, as far as a grade needs it; `scores` by name."""

    assessment: str
    assessed_on: date
    scores: Mapping[str, int]


class AssessFiveC(BaseModel):
    """Somebody assessed the dealer, each of the five with its evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    assessment: str
    scores: FiveCs
    weights: Weights
    policy: PolicyRef
    comment: str = ""
    by: str
    today: date


class Assessments(msgspec.Struct, frozen=True):
    """The last one."""

    last: str | None = None


def total_of(scores: Mapping[str, int], weights: Weights) -> Decimal:
    """Σ score × weight, to one decimal."""
    return rounded(sum((scores[name] * Fraction(getattr(weights, name)) for name in CS), Fraction()), 1)


def latest(assessments: Iterable[FiveC], as_of: date, valid_months: int) -> FiveC | None:
    """The latest assessment not after a day that still counts then; of two on one day the later one."""
    counting = [
        each for each in assessments if each.assessed_on <= as_of <= plus_months(each.assessed_on, valid_months)
    ]
    return max(reversed(counting), key=lambda each: each.assessed_on, default=None)


def cap_of(grade: int, assessments: Iterable[FiveC], as_of: date, rule: FiveCRule) -> FiveCCap | None:
    """What keeps a computed grade from standing; None where it stands."""
    found = latest(assessments, as_of, rule.valid_months) if rule.cap else None
    if rule.cap is None or found is None or grade >= rule.cap.grade:
        return None
    total = total_of(found.scores, rule.weights)
    if total >= rule.cap.below:
        return None
    return FiveCCap.model_validate(
        {"assessment": found.assessment, "assessed_on": found.assessed_on, "total": total, "below": rule.cap.below,
         "grade": rule.cap.grade, "computed": grade}
    )  # fmt: skip


def decide(_: Assessments, asked: AssessFiveC) -> list[Event]:
    """What happens on a command: every assessment is kept."""
    scores = {name: getattr(asked.scores, name).score for name in CS}
    return [
        FiveCAssessed(
            assessment=asked.assessment, assessed_on=asked.today, scores=asked.scores,
            total=total_of(scores, asked.weights), policy=asked.policy, comment=asked.comment, by=asked.by,
        )
    ]  # fmt: skip


def evolve(state: Assessments, event: Any) -> Assessments:
    """What is then so."""
    return Assessments(event.assessment) if isinstance(event, FiveCAssessed) else state


ASSESSMENT = Decider(owner="credit-rating", category="assessment", state=Assessments, decide=decide, evolve=evolve)
