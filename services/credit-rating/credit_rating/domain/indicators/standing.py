"""Nature of business (经营性质), licences (证照情况), residency (户口情况), years in business (经营年数): by survey."""

from __future__ import annotations

from datetime import date
from typing import Final

from ..calendar_window import month_end, month_of
from ..facts import Licences, Survey
from ..policy.thresholds import IndicatorRules
from .declared import Graded, Shown, Snapshot

PAPERS: Final[tuple[Licences, ...]] = ("complete_valid", "complete_expiring", "missing_or_expired")
"""The best first."""


def business_nature(_: Snapshot, survey: Survey, rules: IndicatorRules) -> Graded:
    """State-owned, listed or chain; company; sole trader."""
    return Graded(getattr(rules.business_nature, survey.nature), lambda: _answered(survey, survey.nature))


def licences(dealer: Snapshot, survey: Survey, rules: IndicatorRules) -> Graded:
    """Complete and valid; complete, one expiring; missing or expired: as of the day, by when the first one expires.

    What the survey ticked is the best that they can be: of a paper that is missing no day is known.
    """
    expires = survey.licences_expire_on
    if expires is None:
        return Graded(getattr(rules.licences, survey.licences), lambda: _answered(survey, survey.licences))
    left = (expires - dealer.as_of).days
    by_date = PAPERS[2 if left <= 0 else 1 if left <= rules.licences.expiring_days else 0]
    papers = max(by_date, survey.licences, key=PAPERS.index)
    told = {"surveyed_on": survey.surveyed_on, "ticked": survey.licences, "expires_on": expires, "days_left": left}
    return Graded(getattr(rules.licences, papers), lambda: Shown(papers, told))


def premises(_: Snapshot, survey: Survey, rules: IndicatorRules) -> Graded:
    """The class of the business premises, never anybody's hukou."""
    return Graded(getattr(rules.premises, survey.premises), lambda: _answered(survey, survey.premises))


def years_in_business(dealer: Snapshot, survey: Survey, rules: IndicatorRules) -> Graded:
    """Whole years since the founding date."""
    founded, as_of = survey.founded_on, dealer.as_of
    months = month_of(as_of) - month_of(founded) - (1 if _before_the_day(founded.day, as_of) else 0)
    years = max(0, months // 12)
    return Graded(rules.years_in_business.letter(years), lambda: Shown(str(years), {"founded_on": founded}))


def _answered(survey: Survey, answer: str) -> Shown:
    return Shown(answer, {"surveyed_on": survey.surveyed_on})


def _before_the_day(day: int, as_of: date) -> bool:
    """Whether a month counted from the `day` is not complete yet; a month's end completes it (domain.md 0: clipped)."""
    return as_of.day < min(day, month_end(month_of(as_of)).day)
