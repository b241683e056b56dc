"""The watch between reviews: computed indicators that are worse than in the last grade (domain.md 2.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from events import FallenIndicator

from .facts import DealerFacts
from .indicators import OVERRIDDEN, computed, snapshot
from .indicators.sales import our_sales
from .policy.thresholds import IndicatorRules

SCALE = "annual_sales_scale"


def fallen(
    facts: DealerFacts, as_of: date, rules: IndicatorRules, graded: Mapping[str, Mapping[str, Any]]
) -> tuple[FallenIndicator, ...]:
    """Computed indicators as of a day that are worse than the grade's, by the same policy's `rules`.

    `graded`: the indicators of the grade, as `CreditGradeAssigned` says them. What was overridden is compared with
    what had been computed, for the facts are no worse than when somebody looked at them.
    """
    dealer = snapshot(facts, as_of)
    now = {name: each.grade for name, each in computed(dealer, rules).items()}
    if "turnover" in (told := graded[SCALE]["inputs"]):  # the survey's figure stays; our own sales replace it
        scale = rules.annual_sales_scale
        now[SCALE] = scale.letter(max(Decimal(told["turnover"]), our_sales(dealer, scale.window_months)))
    return tuple(
        FallenIndicator(indicator=name, graded=then, now=now[name])
        for name, then in ((name, _computed(graded[name])) for name in sorted(now.keys() & graded.keys()))
        if now[name] > then  # C is worse than B, B than A
    )


def _computed(indicator: Mapping[str, Any]) -> Any:
    return indicator["inputs"]["computed"] if indicator.get("note") == OVERRIDDEN else indicator["grade"]
