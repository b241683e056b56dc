"""The nine indicators as a table, and the engine that grades one dealer by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ..calendar_window import plus_months
from ..facts import Survey
from ..policy.thresholds import IndicatorRules, Letter
from .declared import FromFacts, FromSurvey, Graded, Snapshot
from .flow import goods_flow
from .payment import payment_method, payment_reputation
from .sales import annual_sales_scale, monthly_sales
from .standing import business_nature, licences, premises, years_in_business

Declared = FromFacts | FromSurvey
INDICATORS: Final[tuple[Declared, ...]] = (
    FromSurvey("annual_sales_scale", "key", annual_sales_scale),
    FromFacts("monthly_sales", "key", monthly_sales),
    FromFacts("payment_method", "key", payment_method),
    FromFacts("payment_reputation", "key", payment_reputation),
    FromSurvey("business_nature", "other", business_nature),
    FromSurvey("licences", "other", licences),
    FromSurvey("premises", "other", premises),
    FromSurvey("years_in_business", "other", years_in_business),
    FromFacts("goods_flow", "other", goods_flow),
)
KEY, OTHER = ([each.name for each in INDICATORS if each.group == group] for group in ("key", "other"))


class Assessment(NamedTuple):
    """The indicators of one dealer by name, and the survey that was used."""

    indicators: dict[str, Graded]
    survey: Survey

    @property
    def key(self) -> list[Letter]:
        """Letters of the key four."""
        return [self.indicators[name].grade for name in KEY]

    @property
    def other(self) -> list[Letter]:
        """Letters of the other five."""
        return [self.indicators[name].grade for name in OTHER]


class SurveyMissing(NamedTuple):
    """Why a dealer cannot be rated: `survey-missing` or `survey-out-of-date`."""

    reason: str


def otherwise(now: IndicatorRules, then: IndicatorRules) -> Sequence[Declared]:
    """The indicators that two sets of rules do not grade by the same rule."""
    if now.no_history != then.no_history:
        return INDICATORS
    return [each for each in INDICATORS if getattr(now, each.name) != getattr(then, each.name)]


def assessed_like(
    known: Assessment, dealer: Snapshot, rules: IndicatorRules, these: Sequence[Declared]
) -> Assessment | SurveyMissing:
    """Grade only `these` indicators, which are all that these rules grade otherwise than those behind `known`."""
    if INDICATORS[0] in these:  # whose rule says how old a survey may be
        return assess(dealer, rules)
    survey = known.survey
    return Assessment(known.indicators | {each.name: _graded(each, dealer, survey, rules) for each in these}, survey)


def assess(dealer: Snapshot, rules: IndicatorRules) -> Assessment | SurveyMissing:
    """Grade the nine indicators; a missing survey answer blocks (domain.md 2.3)."""
    survey = dealer.facts.survey_at(dealer.as_of)
    if survey is None:
        return SurveyMissing("survey-missing")
    if plus_months(survey.surveyed_on, rules.annual_sales_scale.survey_months) < dealer.as_of:
        return SurveyMissing("survey-out-of-date")
    return Assessment({each.name: _graded(each, dealer, survey, rules) for each in INDICATORS}, survey)


def computed(dealer: Snapshot, rules: IndicatorRules) -> dict[str, Graded]:
    """The indicators that facts alone give; they need no survey."""
    return {each.name: each.grade(dealer, rules) for each in INDICATORS if isinstance(each, FromFacts)}


def _graded(indicator: Declared, dealer: Snapshot, survey: Survey, rules: IndicatorRules) -> Graded:
    if isinstance(indicator, FromFacts):
        return indicator.grade(dealer, rules)
    return indicator.grade(dealer, survey, rules)
