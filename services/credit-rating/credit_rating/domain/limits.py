"""Credit limits (授信额度): min(m3, m12 × season) × term_days/30 × coefficient of the grade, rounded down.

Source: domain.md 2.7. A new dealer's forecast stands in for the minimum. Computed in exact fractions, rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple

from .calendar_window import full_months, full_months_since, full_quarters, month_of
from .indicators.declared import Snapshot, once
from .money import over, rounded, rounded_down
from .payment_record import portions
from .policy.standing import LimitRule, NewDealer, Season
from .receivables import Item

ZERO, NO_SEASON = Fraction(0), Fraction(1)


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
    m3, m12 = mean_month(dealer, rule.short_months), mean_month(dealer, rule.long_months)
    season = season_of(dealer, rule.season)
    new = months_traded(dealer) < rule.new_dealer.months
    base = forecast_base(dealer, rule.new_dealer) if new else min(m3, m12 if season is NO_SEASON else m12 * season)
    coefficient, term_days = rule.coefficients.of(grade), dealer.facts.term_days_at(dealer.as_of)
    limit = base * over(coefficient, rule.term_base_days) * term_days
    return LimitComputed(
        rounded_down(limit if limit.numerator > 0 else ZERO, rule.unit), m3, m12, season, term_days, coefficient,
        "forecast" if new else "history",
    )  # fmt: skip


@once
def mean_month(dealer: Snapshot, months: int) -> Fraction:
    """Mean net invoiced of the last full months, a month."""
    return over(dealer.net.in_months(full_months(dealer.as_of, months)), months)


def months_traded(dealer: Snapshot) -> int:
    """Full months since the first invoice; 0 without one."""
    return full_months_since(dealer.first_invoice_on, dealer.as_of) if dealer.first_invoice_on else 0


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
    ratio = over(dealer.net.in_months(alike), len(alike)) / mean
    return min(max(ratio, Fraction(floor)), Fraction(ceiling))


def forecast_base(dealer: Snapshot, rule: NewDealer) -> Fraction:
    """The forecast of a new dealer, more of it with each quarter paid in full on time."""
    earned = Fraction(rule.start) + Fraction(rule.per_quarter) * quarters_paid_on_time(dealer)
    return Fraction(dealer.facts.forecast_monthly_sales) * min(Fraction(rule.cap), earned)


@once
def quarters_paid_on_time(dealer: Snapshot) -> int:
    """Full calendar quarters since the first invoice in which invoices fell due, all paid in full by their due date."""
    if dealer.first_invoice_on is None:
        return 0
    by_month: dict[int, list[Item]] = {}
    for item in dealer.receivables.items:
        by_month.setdefault(month_of(item.invoice.due_on), []).append(item)
    return sum(
        _all_on_time(dealer, [item for month in range(first, last + 1) for item in by_month.get(month, [])])
        for first, last in full_quarters(dealer.first_invoice_on, dealer.as_of)
    )


def _all_on_time(dealer: Snapshot, due: Iterable[Item]) -> bool:
    judged = [portion for item in due for portion in portions(item, dealer.as_of)]
    return bool(judged) and all(portion.on_time for portion in judged)
