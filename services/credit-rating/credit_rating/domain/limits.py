"""Credit limits (授信额度): min(m3, m12 × season) × term_days/30 × coefficient of the grade, rounded down.

Source: domain.md 2.7. A new dealer's forecast stands in for the minimum. Computed in exact fractions, rounded once.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from events import LimitDiligence

from . import diligence_cap
from .calendar_window import Month, full_months, full_months_since, full_quarters, month_of
from .indicators.declared import Snapshot, once
from .money import EXACT, over, rounded
from .policy import CreditPolicy
from .policy.standing import LimitRule, NewDealer, Season

Ratio: TypeAlias = tuple[int, int]
"""An exact number as numerator and denominator, the latter above 0, not reduced: reducing takes most of the time."""
NO_SEASON: Ratio = (1, 1)
BASE = ("short_months", "long_months", "season", "new_dealer")
"""The parts of the rule that `base_of` reads."""


class LimitGiven(NamedTuple):
    """A limit and its factors; m3 and m12 are money a month, `season` and `coefficient` plain numbers."""

    limit: Decimal
    m3: Decimal
    m12: Decimal
    season: Decimal
    term_days: int
    coefficient: Decimal
    basis: Literal["history", "forecast"]
    diligence: LimitDiligence | None = None
    """What it needs due diligence for, where it needs any."""


class LimitComputed(NamedTuple):
    """A limit, exact; its factors are made up where they are recorded: of most dealers only limits are compared."""

    limit: Decimal
    dealer: Snapshot
    rule: LimitRule
    coefficient: Decimal
    base: Ratio
    diligence: LimitDiligence | None = None

    def given(self) -> LimitGiven:
        """As a decision records it."""
        dealer, rule = self.dealer, self.rule
        m3, m12 = (Fraction(*mean_month(dealer, months)) for months in (rule.short_months, rule.long_months))
        return LimitGiven(
            limit=self.limit,
            m3=rounded(m3),
            m12=rounded(m12),
            season=rounded(season_of(dealer, rule.season), 4),
            term_days=dealer.facts.term_days_at(dealer.as_of),
            coefficient=self.coefficient,
            basis="forecast" if is_new(dealer, rule) else "history",
            diligence=self.diligence,
        )


def limit_under(
    dealer: Snapshot, grade: int, policy: CreditPolicy, before: Decimal, base: Ratio | None = None
) -> LimitComputed:
    """The limit of a dealer that has this grade, held to what due diligence allows; `before`: its last grade's."""
    computed, rule = limit_computed(dealer, grade, policy.limit, base), policy.due_diligence
    if rule is None:
        return computed
    approved = diligence_cap.valid_at(dealer.facts.diligences, dealer.as_of, rule)
    held = diligence_cap.held(computed.limit, before, approved, rule, policy.limit.unit)
    return computed if held is None else computed._replace(limit=held.limit, diligence=held.why)


def limit_of(dealer: Snapshot, grade: int, rule: LimitRule) -> LimitGiven:
    """The limit of a dealer that has this grade, by the formula alone."""
    return limit_computed(dealer, grade, rule).given()


def limit_computed(dealer: Snapshot, grade: int, rule: LimitRule, base: Ratio | None = None) -> LimitComputed:
    """The same with its factors still to be made up; `base`, where it is known."""
    coefficient, term_days = rule.coefficients.of(grade), dealer.facts.term_days_at(dealer.as_of)
    base = base or base_of(dealer, rule)
    (amount, parts), (units, of) = base, _units(coefficient, term_days, rule.term_base_days, rule.unit)
    whole = amount * units // (parts * of)
    return LimitComputed(EXACT.multiply(max(0, whole), rule.unit), dealer, rule, coefficient, base)


@lru_cache
def _units(coefficient: Decimal, term_days: int, term_base_days: int, unit: Decimal) -> Ratio:
    """How many units of money a limit has for each of its base."""
    return (over(coefficient, term_base_days) * term_days / Fraction(unit)).as_integer_ratio()


def base_of(dealer: Snapshot, rule: LimitRule) -> Ratio:
    """What a limit rests on beside grade and term: min(m3, m12 × season), or a new dealer's forecast."""
    if is_new(dealer, rule):
        return forecast_base(dealer, rule.new_dealer).as_integer_ratio()
    return _least(dealer, rule)


def same_base(now: LimitRule, then: LimitRule) -> bool:
    """Whether `base_of` comes to the same under two rules."""
    return all(getattr(now, name) == getattr(then, name) for name in BASE)


def _least(dealer: Snapshot, rule: LimitRule) -> Ratio:
    (short, a), (long, b) = mean_month(dealer, rule.short_months), mean_month(dealer, rule.long_months)
    season, c = _season(dealer, rule.season.months, rule.season.floor, rule.season.ceiling)
    return (short, a) if short * b * c <= long * season * a else (long * season, b * c)


@once
def mean_month(dealer: Snapshot, months: int) -> Ratio:
    """Mean net invoiced of the last full months, a month."""
    net, parts = dealer.ledger.in_months(full_months(dealer.as_of, months)).as_integer_ratio()
    return net, parts * months


def is_new(dealer: Snapshot, rule: LimitRule) -> bool:
    """Whether a dealer has traded for less than the policy's months."""
    return months_traded(dealer) < rule.new_dealer.months


def months_traded(dealer: Snapshot) -> int:
    """Full months since the first invoice; 0 without one."""
    first = dealer.ledger.first_invoice_on
    return full_months_since(first, dealer.as_of) if first else 0


def season_of(dealer: Snapshot, rule: Season) -> Fraction:
    """How the as-of calendar month compares with the mean month, clipped; 1 with less history than the rule wants."""
    return Fraction(*_season(dealer, rule.months, rule.floor, rule.ceiling))


@once
def _season(dealer: Snapshot, months: int, floor: Decimal, ceiling: Decimal) -> Ratio:
    if months_traded(dealer) < months:
        return NO_SEASON
    mean, parts = mean_month(dealer, months)
    alike = _alike(dealer.as_of, months)
    if mean <= 0 or not alike:
        return NO_SEASON
    net, of = dealer.ledger.in_months(alike).as_integer_ratio()
    above, below = net * parts, of * len(alike) * mean
    (lowest, a), (highest, b) = floor.as_integer_ratio(), ceiling.as_integer_ratio()
    if above * a < lowest * below:
        return lowest, a
    return (highest, b) if above * b > highest * below else (above, below)


@lru_cache
def _alike(as_of: date, months: int) -> list[Month]:
    """The as-of calendar month in each year of the window."""
    return [month for month in full_months(as_of, months) if month % 12 == month_of(as_of) % 12]


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
