"""Annual sales scale (年销售规模) and monthly sales of our goods (月销售额)."""

from __future__ import annotations

from decimal import Decimal

from ..calendar_window import full_months, full_months_since, month_of, months_window
from ..facts import Survey
from ..money import over, rounded
from ..policy.thresholds import IndicatorRules
from .declared import NOTHING_NOW, RETURNS_ABOVE_SALES, Graded, Shown, Snapshot, no_history, once


def annual_sales_scale(dealer: Snapshot, survey: Survey, rules: IndicatorRules) -> Graded:
    """The dealer's own turnover by survey; our own sales of the 12-month window replace it where larger."""
    rule = rules.annual_sales_scale
    ours = our_sales(dealer, rule.window_months)
    scale = max(survey.annual_turnover, ours)

    def show() -> Shown:
        told = {"turnover": survey.annual_turnover, "surveyed_on": survey.surveyed_on, "our_sales": rounded(ours)}
        return Shown(rounded(scale), told)

    return Graded(rule.letter(scale), show)


@once
def our_sales(dealer: Snapshot, months: int) -> Decimal:
    """Net invoiced in the window of so many months."""
    return dealer.ledger.between(*months_window(dealer.as_of, months))


def monthly_sales(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """Mean net invoiced of the last full months; a dealer onboarded within them is divided by those it has traded."""
    rule = rules.monthly_sales
    if not dealer.ledger.has_traded:
        return no_history(rules)
    months = full_months(dealer.as_of, rule.months)
    net = dealer.ledger.in_months(months)
    divisor = rule.months
    if month_of(dealer.facts.onboarded_on) >= months[0]:
        first = dealer.ledger.first_invoice_on or dealer.as_of
        divisor = min(rule.months, max(1, full_months_since(first, dealer.as_of)))
    note = RETURNS_ABOVE_SALES if net < 0 else NOTHING_NOW if net == 0 else None

    def show() -> Shown:
        return Shown(rounded(over(net, divisor)), {"net": rounded(net), "months": divisor})

    return Graded(rule.letter(net, divisor), show, note)
