from datetime import date

from credit_rating.domain.indicators import assess, snapshot
from credit_rating.domain.watch import fallen

GRADED_ON, TODAY = date(2026, 6, 30), date(2027, 6, 30)


def graded(dealer, policy):
    found = assess(snapshot(dealer, GRADED_ON), policy.indicators)
    return {
        name: {"grade": each.grade, "note": each.note, "inputs": each.inputs} for name, each in found.indicators.items()
    }


def test_a_dealer_whose_own_sales_made_its_scale_is_watched_when_they_fall(book, policy):
    """10.8 m a year was A; 2.4 m is below the 3 m of B, and the survey says 1 m."""
    large = book.monthly("2025-07", ["900000"] * 12)
    then = book.dealer(*large, surveys=(book.survey(annual_turnover=1_000_000),))
    now = book.dealer(*large, *book.monthly("2026-07", ["200000"] * 12), surveys=then.surveys)
    worse = {
        each.indicator: (each.graded, each.now) for each in fallen(now, TODAY, policy.indicators, graded(then, policy))
    }
    assert worse["annual_sales_scale"] == ("A", "C")
    assert "monthly_sales" not in worse


def test_the_turnover_that_the_dealer_told_is_not_held_against_it(book, policy):
    """The survey was of 12 m; what we sell it was below that then, and is now."""
    sales = book.monthly("2025-07", ["200000"] * 24)
    dealer = book.dealer(*sales, surveys=(book.survey(annual_turnover=12_000_000),))
    assert "annual_sales_scale" not in {
        e.indicator for e in fallen(dealer, TODAY, policy.indicators, graded(dealer, policy))
    }
