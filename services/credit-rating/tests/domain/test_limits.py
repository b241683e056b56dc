from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from credit_rating.domain.indicators import snapshot
from credit_rating.domain.limits import limit_of, quarters_paid_on_time, season_of

AS_OF = date(2026, 6, 30)
NEW = {"onboarded_on": date(2026, 1, 5)}


@pytest.fixture
def limit(book, policy):
    def limit(*entries, grade=2, as_of=AS_OF, **others):
        return limit_of(snapshot(book.dealer(*entries, **others), as_of), grade, policy.limit)

    return limit


def test_the_lesser_of_three_and_twelve_months_sets_the_limit(limit, book):
    rising = book.monthly("2025-07", ["100000"] * 9 + ["160000"] * 3)
    given = limit(*rising)
    assert (given.m3, given.m12, given.season, given.basis) == (160000, 115000, 1, "history")
    assert given.limit == 115000
    falling = book.monthly("2025-07", ["100000"] * 9 + ["40000"] * 3)
    assert limit(*falling).limit == 40000


@pytest.mark.parametrize(("grade", "expected"), [(1, 150000), (2, 100000), (3, 80000), (4, 50000), (5, 0)])
def test_each_grade_has_its_coefficient(limit, book, grade, expected):
    assert limit(*book.monthly("2025-07", ["100000"] * 12), grade=grade).limit == expected


def test_the_term_scales_the_limit_and_it_is_rounded_down_to_a_hundred(limit, book):
    sales = book.monthly("2025-07", ["100000"] * 12)
    assert limit(*sales, term_days=45).limit == 150000
    assert limit(*sales, term_days=7, grade=3).limit == 18600  # 100,000 × 7/30 × 0.8 = 18,666.67
    assert limit(*sales, term_days=0).limit == 0


def test_a_limit_is_never_below_nothing(limit, book):
    sales = book.monthly("2025-07", ["100000"] * 12)
    assert limit(*sales, book.credit_note("K", "400000", "2026-06-10")).limit == 0


def test_the_season_compares_the_month_of_the_as_of_date_with_the_mean_month(book, policy):
    amounts = ["100000"] * 24
    amounts[11] = amounts[23] = "220000"  # June 2025 and June 2026
    dealer = snapshot(book.dealer(*book.monthly("2024-07", amounts)), AS_OF)
    assert season_of(dealer, policy.limit.season) == Decimal(3) / 2  # 220 ÷ 110 = 2, clipped
    amounts[11] = amounts[23] = "122000"
    mild = snapshot(book.dealer(*book.monthly("2024-07", amounts)), AS_OF)
    assert round(float(season_of(mild, policy.limit.season)), 4) == 1.1980
    amounts[11] = amounts[23] = "1000"
    low = snapshot(book.dealer(*book.monthly("2024-07", amounts)), AS_OF)
    assert season_of(low, policy.limit.season) == Decimal("0.5")


def test_with_less_than_two_years_of_history_there_is_no_season(book, policy):
    amounts = ["100000"] * 22 + ["900000"]
    assert season_of(snapshot(book.dealer(*book.monthly("2024-08", amounts)), AS_OF), policy.limit.season) == 1


def test_a_new_dealer_is_trusted_with_half_its_forecast(limit, book):
    given = limit(forecast_monthly_sales=Decimal("80000"), **NEW)
    assert (given.limit, given.basis) == (40000, "forecast")


def paid(book, number, issued, due, on):
    return [book.invoice(number, "1000", issued, due), book.payment(f"P{number}", "1000", on, number)]


def test_each_quarter_paid_in_full_on_time_earns_a_quarter_of_the_forecast(limit, book):
    first = paid(book, "1", "2026-01-10", "2026-02-10", "2026-02-10")
    second = paid(book, "2", "2026-04-01", "2026-05-01", "2026-04-20")
    assert limit(*first, **NEW).limit == 75000
    assert limit(*first, *second, **NEW).limit == 100000
    assert limit(*first, *second, as_of=date(2026, 6, 29), **NEW).limit == 75000


def test_a_quarter_with_one_late_or_open_invoice_earns_nothing(book):
    good = paid(book, "1", "2026-01-10", "2026-02-10", "2026-02-10")
    late = paid(book, "2", "2026-01-11", "2026-02-11", "2026-02-12")
    unpaid = [book.invoice("3", "1", "2026-01-11", "2026-03-31")]
    for entries in (good + late, good + unpaid):
        assert quarters_paid_on_time(snapshot(book.dealer(*entries), AS_OF)) == 0


def test_the_forecast_is_earned_at_most_once(limit, book):
    entries = [e for n, (i, d) in enumerate(QUARTERS) for e in paid(book, str(n), i, d, d)]
    assert limit(*entries, as_of=date(2026, 7, 30), onboarded_on=date(2025, 8, 1)).limit == 100000


QUARTERS = [
    ("2025-08-10", "2025-09-10"),
    ("2025-10-10", "2025-11-10"),
    ("2026-01-10", "2026-02-10"),
    ("2026-04-01", "2026-05-01"),
]


def test_twelve_full_months_after_the_first_invoice_a_dealer_is_no_longer_new(limit, book):
    first = book.monthly("2025-07", ["1200"])
    assert limit(*first, as_of=date(2026, 6, 29)).basis == "forecast"
    assert limit(*first, as_of=date(2026, 6, 30)).basis == "history"


def test_a_seasonal_month_lowers_and_raises_the_yearly_mean_but_never_above_the_last_quarter(limit, book):
    """24 months at 90,000 but June at 60,000 and December at 180,000: the mean month is 95,000."""
    months = ["90000"] * 24
    months[11] = months[23] = "60000"
    months[5] = months[17] = "180000"
    sales = book.monthly("2024-07", months)
    june = limit(*sales)
    assert (june.m3, june.m12, june.season) == (80000, Decimal("95000"), Decimal("0.6316"))  # 60,000 ÷ 95,000
    assert june.limit == 60000  # 95,000 × 60/95, exactly: nothing is rounded on the way
    july = limit(*sales, as_of=date(2026, 7, 15))
    assert (july.m3, july.season) == (80000, Decimal("0.9474"))  # in July the Julys count: 90,000 ÷ 95,000
    assert july.limit == 80000  # min(80,000, 95,000 × 90/95 = 90,000)


def test_the_season_looks_at_the_as_of_month_before_it_is_full(book, policy):
    """On 15 June the Junes of the last 24 full months are those of 2024 and 2025, not the one under way."""
    amounts = ["100000"] * 25
    amounts[0] = amounts[12] = "130000"  # June 2024 and 2025
    amounts[24] = "999999"  # June 2026, not full
    dealer = snapshot(book.dealer(*book.monthly("2024-06", amounts)), date(2026, 6, 15))
    assert season_of(dealer, policy.limit.season) == Fraction(130000, 102500)


def test_returns_above_two_years_of_sales_leave_no_season_and_no_limit(limit, book):
    sales = book.monthly("2024-07", ["1000"] * 24)
    given = limit(*sales, book.credit_note("K", "30000", "2025-01-10"))
    assert (given.season, given.basis) == (1, "history")
    assert limit(*sales, book.credit_note("K", "30000", "2025-07-10")).limit == 0


def test_a_new_dealer_is_new_until_its_first_invoice_is_twelve_full_months_old(limit, book):
    """The forecast stands in for the minimum whatever was sold; term and coefficient apply to it alike."""
    sales = book.monthly("2025-08", ["900000"] * 11)
    given = limit(*sales, term_days=45, grade=3, forecast_monthly_sales=Decimal("70000"))
    assert (given.basis, given.m3) == ("forecast", 900000)
    assert given.limit == 42000  # 70,000 × 0.5 × 45/30 × 0.8: nothing was paid
    assert limit(*sales, as_of=date(2026, 7, 31)).basis == "history"


def test_an_invoice_taken_back_in_full_neither_earns_nor_loses_a_quarter_and_one_in_dispute_earns_none(book):
    good = paid(book, "1", "2026-01-10", "2026-02-10", "2026-02-10")
    credited = [book.invoice("2", "500", "2026-01-11", "2026-02-11"),
                book.credit_note("K2", "500", "2026-03-01", "2")]  # fmt: skip
    disputed = [book.invoice("3", "700", "2026-01-12", "2026-02-12"), book.dispute("3", "700", "2026-02-01")]
    assert quarters_paid_on_time(snapshot(book.dealer(*good, *credited), AS_OF)) == 1
    assert quarters_paid_on_time(snapshot(book.dealer(*credited), AS_OF)) == 0
    assert quarters_paid_on_time(snapshot(book.dealer(*good, *disputed), AS_OF)) == 0
    settled = [book.payment("P3", "700", "2026-02-12", "3")]
    assert quarters_paid_on_time(snapshot(book.dealer(*good, *disputed, *settled), AS_OF)) == 1


def test_a_quarter_without_anything_due_earns_nothing(book):
    first = paid(book, "1", "2025-12-20", "2026-01-20", "2026-01-20")
    assert quarters_paid_on_time(snapshot(book.dealer(*first), AS_OF)) == 1


@pytest.mark.parametrize(("month", "expected"), [("99999.99", 99900), ("100000", 100000), ("100", 100), ("99.99", 0)])
def test_a_limit_is_rounded_down_to_a_hundred_never_up(limit, book, month, expected):
    assert limit(*book.monthly("2025-07", [month] * 12)).limit == expected
