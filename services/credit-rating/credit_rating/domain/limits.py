"""Credit limits (授信额度): min(m3, m12 × season) × term_days/30 × coefficient of the grade, rounded down.

Source: domain.md 2.7. A new dealer's forecast stands in for the minimum. Computed in exact fractions, rounded once.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

from .calendar_window import full_months, full_months_since, full_quarters, month_of
from .indicators.declared import Snapshot, once
from .money import EXACT, over, rounded
from .policy.standing import LimitRule, NewDealer, Season

NO_SEASON = Fraction(1)


class LimitGiven(NamedTuple):
    """A limit and its factors; m3 and m12 are money a month, `season` and `coefficient` plain numbers."""

    limit: Decimal
    m3: Decimal
    m12: Decimal
    season: Decimal
    term_days: int
    coefficient: Decimal
    basis: Literal["history", "forecast"]


class LimitComputed(NamedTuple):
    """A limit and its factors, exact: rounded where they are recorded, for of most dealers only limits are compared."""

    limit: Decimal
    m3: Fraction
    m12: Fraction
    season: Fraction
    term_days: int
    coefficient: Decimal
    basis: Literal["history", "forecast"]

    def given(self) -> LimitGiven:
        """As a decision records it."""
        return LimitGiven(
            self.limit, rounded(self.m3), rounded(self.m12), rounded(self.season, 4), self.term_days, self.coefficient,
            self.basis,
        )  # fmt: skip


def limit_of(dealer: Snapshot, grade: int, rule: LimitRule) -> LimitGiven:
    """The limit of a dealer that has this grade."""
    return limit_computed(dealer, grade, rule).given()


def limit_computed(dealer: Snapshot, grade: int, rule: LimitRule) -> LimitComputed:
    """The same with exact factors."""
    m3, m12, season, base, basis = _history(dealer, rule)
    coefficient, term_days = rule.coefficients.of(grade), dealer.facts.term_days_at(dealer.as_of)
    units = _units(coefficient, term_days, rule.term_base_days, rule.unit)
    whole = base.numerator * units.numerator // (base.denominator * units.denominator)
    limit = EXACT.multiply(Decimal(max(0, whole)), rule.unit)
    return LimitComputed(limit, m3, m12, season, term_days, coefficient, basis)


class _History(NamedTuple):
    """What a limit rests on beside grade and term."""

    m3: Fraction
    m12: Fraction
    season: Fraction
    base: Fraction
    basis: Literal["history", "forecast"]


def _history(dealer: Snapshot, rule: LimitRule) -> _History:
    """By its own rule, or as another policy with the very same parts of it has found it (`simulation.sharing`)."""
    key = ("history", rule.short_months, rule.long_months, id(rule.season), id(rule.new_dealer))
    known: _History | None = dealer.measured.get(key)
    if known is None:
        m3, m12 = mean_month(dealer, rule.short_months), mean_month(dealer, rule.long_months)
        season = season_of(dealer, rule.season)
        if months_traded(dealer) < rule.new_dealer.months:
            known = _History(m3, m12, season, forecast_base(dealer, rule.new_dealer), "forecast")
        else:
            known = _History(m3, m12, season, min(m3, m12 if season is NO_SEASON else m12 * season), "history")
        dealer.measured[key] = known
    return known


@lru_cache
def _units(coefficient: Decimal, term_days: int, term_base_days: int, unit: Decimal) -> Fraction:
    """How many units of money a limit has for each of its base."""
    return over(coefficient, term_base_days) * term_days / Fraction(unit)


@once
def mean_month(dealer: Snapshot, months: int) -> Fraction:
    """Mean net invoiced of the last full months, a month."""
    return over(dealer.ledger.in_months(full_months(dealer.as_of, months)), months)


def months_traded(dealer: Snapshot) -> int:
    """Full months since the first invoice; 0 without one."""
    return full_months_since(dealer.ledger.first_invoice_on, dealer.as_of) if dealer.ledger.first_invoice_on else 0


def season_of(dealer: Snapshot, rule: Season) -> Fraction:
    """How the as-of calendar month compares with the mean month, clipped; 1 with less history than the rule wants."""
    return _season(dealer, rule.months, rule.floor, rule.ceiling)


@once
def _season(dealer: Snapshot, months: int, floor: Decimal, ceiling: Decimal) -> Fraction:
    if months_traded(dealer) < months:
        return NO_SEASON
    window = full_months(dealer.as_of, months)
    alike = [month for month in window if month % 12 == month_of(dealer.as_of) % 12]
    mean = mean_month(dealer, months)
    if mean <= 0 or not alike:
        return NO_SEASON
    ratio = over(dealer.ledger.in_months(alike), len(alike)) / mean
    return min(max(ratio, Fraction(floor)), Fraction(ceiling))


def forecast_base(dealer: Snapshot, rule: NewDealer) -> Fraction:
    """The forecast of a new dealer, more of it with each quarter paid in full on time."""
    earned = Fraction(rule.start) + Fraction(rule.per_quarter) * quarters_paid_on_time(dealer)
    return Fraction(dealer.facts.forecast_monthly_sales) * min(Fraction(rule.cap), earned)


@once
def quarters_paid_on_time(dealer: Snapshot) -> int:
    """Full calendar quarters since the first invoice in which invoices fell due, all paid in full by their due date."""
    first = dealer.ledger.first_invoice_on
    if first is None:
        return 0
    return sum(dealer.ledger.all_on_time(start, end) for start, end in full_quarters(first, dealer.as_of))
