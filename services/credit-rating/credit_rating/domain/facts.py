"""Everything a rating needs to know of one dealer: filled by the service at a cut, read by pure rules only.

The service fills `DealerFacts` either by folding the log up to the cut (`rederive`) or from projections read in one
snapshot; both must give the same rows, in any order. Nothing here is personal data.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from .diligence_cap import Approved
from .entries import LedgerEntry
from .five_c import FiveC
from .goods import Moved

Nature: TypeAlias = Literal["state_owned", "listed", "chain", "company", "sole_trader"]
Licences: TypeAlias = Literal["complete_valid", "complete_expiring", "missing_or_expired"]
Premises: TypeAlias = Literal["local_owned", "local_leased", "not_local"]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """One `SurveyAnswered`: what facts do not give. Turnover is the dealer's own, a year, in the one currency."""

    surveyed_on: date
    annual_turnover: Decimal
    nature: Nature
    licences: Licences
    premises: Premises
    founded_on: date
    licences_expire_on: date | None = None


class TermsAgreed(msgspec.Struct, frozen=True, kw_only=True):
    """One `DealerTermsChanged`: a term in days, from a day on."""

    on: date
    term_days: int


class DealerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One dealer as known at one cut.

    Parameters
    ----------
    dealer
        The dealer's id, as text.
    onboarded_on, term_days, forecast_monthly_sales
        From `DealerOnboarded` (`terms.term_days`, in days; the forecast is money a month).
    terms
        Every `DealerTermsChanged` in the order of its stream; `term_days_at` says which one counts.
    surveys
        Every `SurveyAnswered` in the order of its stream; the latest one not after the as-of date is used.
    entries
        Every ledger entry within the cut, reversals included, whatever its date: the rules leave out what is later.
    assessments
        Every `FiveCAssessed` in the order of its stream.
    territory
        The code of the dealer's own, from `DealerOnboarded`.
    goods
        What moved, by day, direction and territory, without lines that were taken back; empty while nothing tells.
    diligences
        Every `DueDiligenceApproved` in the order of its stream.
    """

    dealer: str
    onboarded_on: date
    term_days: int
    forecast_monthly_sales: Decimal
    terms: tuple[TermsAgreed, ...] = ()
    surveys: tuple[Survey, ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    assessments: tuple[FiveC, ...] = ()
    territory: str = ""
    goods: tuple[Moved, ...] = ()
    diligences: tuple[Approved, ...] = ()

    def survey_at(self, as_of: date) -> Survey | None:
        """The latest survey not after `as_of`; of two on one day the later answer."""
        known = [survey for survey in self.surveys if survey.surveyed_on <= as_of]
        if len(known) < 2:
            return known[0] if known else None
        return max(reversed(known), key=lambda survey: survey.surveyed_on)

    def term_days_at(self, as_of: date) -> int:
        """The term agreed last of those not after `as_of`; before any change that of the onboarding."""
        if not self.terms:
            return self.term_days
        agreed = [terms for terms in self.terms if terms.on <= as_of]
        latest = max(reversed(agreed), key=lambda terms: terms.on, default=None)
        return self.term_days if latest is None else latest.term_days
