"""The watch between reviews: computed indicators that are worse than in the last grade (domain.md 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from events import FallenIndicator

from .facts import DealerFacts
from .indicators import OVERRIDDEN, computed, snapshot
from .policy.thresholds import IndicatorRules


def fallen(
    facts: DealerFacts, as_of: date, rules: IndicatorRules, graded: Mapping[str, Mapping[str, Any]]
) -> tuple[FallenIndicator, ...]:
    """Computed indicators as of a day that are worse than the grade's, by the same policy's `rules`.

    `graded`: the indicators of the grade, as `CreditGradeAssigned` says them. What was overridden is compared with
    what had been computed, for the facts are no worse than when somebody looked at them.
    """
    now = computed(snapshot(facts, as_of), rules)
    return tuple(
        FallenIndicator(indicator=name, graded=then, now=now[name].grade)
        for name, then in ((name, _computed(graded[name])) for name in sorted(now.keys() & graded.keys()))
        if now[name].grade > then  # C is worse than B, B than A
    )


def _computed(indicator: Mapping[str, Any]) -> Any:
    return indicator["inputs"]["computed"] if indicator.get("note") == OVERRIDDEN else indicator["grade"]
