"""Which events stand behind an indicator's number: those of its window, and for how a dealer paid its whole ledger."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from ..calendar_window import full_months, month_end, months_window
from ..policy.thresholds import IndicatorRules
from .flow import WINDOW_MONTHS

SALES = ("invoice", "credit_note")


class Behind(NamedTuple):
    """Documents of these kinds (None: of any) dated from `first` to `last`; and whether survey or goods have."""

    kinds: tuple[str, ...] | None
    first: date
    last: date
    survey: bool = False
    goods: bool = False


def behind(indicator: str, as_of: date, rules: IndicatorRules) -> Behind:
    """What an indicator was computed from. Which payment settles what depends on every entry before it (2.2)."""
    match indicator:
        case "annual_sales_scale":
            return Behind(SALES, *months_window(as_of, rules.annual_sales_scale.window_months), survey=True)
        case "monthly_sales":
            return Behind(SALES, *_of_months(as_of, rules.monthly_sales.months))
        case "payment_method":
            return Behind(SALES, *_of_months(as_of, rules.payment_method.months))
        case "payment_reputation":
            return Behind(None, date.min, as_of)
        case "goods_flow":
            return Behind((), *months_window(as_of, WINDOW_MONTHS), goods=True)
        case _:
            return Behind((), as_of, as_of, survey=True)


def _of_months(as_of: date, count: int) -> tuple[date, date]:
    """The first and the last day of the last full months."""
    months = full_months(as_of, count)
    return month_end(months[0]).replace(day=1), month_end(months[-1])
