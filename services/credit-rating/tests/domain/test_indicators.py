from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_rating.domain.goods import Flow, Moved, flow
from credit_rating.domain.indicators import INDICATORS, Assessment, SurveyMissing, assess, snapshot

AS_OF = date(2026, 6, 30)


def moved(value, territory, *, on=AS_OF, direction="sell_out"):
    return Moved(on=on, direction=direction, territory=territory, value=Decimal(value))


@pytest.fixture
def graded(book, policy):
    """Grade one indicator of a dealer with these entries: (letter, note)."""

    def grade(name, *entries, as_of=AS_OF, **others):
        found = assess(snapshot(book.dealer(*entries, **others), as_of), policy.indicators)
        assert isinstance(found, Assessment)
        return found.indicators[name].grade, found.indicators[name].note

    return grade


def test_there_are_four_key_and_five_other_indicators():
    assert [each.group for each in INDICATORS] == ["key"] * 4 + ["other"] * 5


@pytest.mark.parametrize(
    ("turnover", "letter"), [("10000000", "A"), ("9999999.99", "B"), ("3000000", "B"), ("2999999.99", "C")]
)
def test_annual_scale_is_the_dealers_own_turnover(graded, book, turnover, letter):
    surveys = (book.survey(annual_turnover=Decimal(turnover)),)
    assert graded("annual_sales_scale", surveys=surveys) == (letter, None)


def test_our_own_sales_of_twelve_months_replace_the_turnover_where_larger(graded, book):
    sales = [book.invoice("A", "5000000", "2025-07-01"), book.invoice("B", "5000000", "2026-06-30")]
    assert graded("annual_sales_scale", *sales) == ("A", None)
    assert graded("annual_sales_scale", book.invoice("A", "10000000", "2025-06-30")) == ("B", None)


@pytest.mark.parametrize(("each", "letter"), [("200000", "A"), ("199999.99", "B"), ("50000", "B"), ("49999.99", "C")])
def test_monthly_sales_are_the_mean_of_the_last_three_full_months(graded, book, each, letter):
    assert graded("monthly_sales", *book.monthly("2026-04", [each] * 3)) == (letter, None)


def test_monthly_sales_leave_out_the_running_month_and_subtract_credit_notes(graded, book):
    sales = book.monthly("2026-04", ["300000", "300000", "300000"])
    assert graded("monthly_sales", *sales, as_of=date(2026, 6, 29)) == ("A", None)
    assert graded("monthly_sales", *sales, book.credit_note("K", "300001", "2026-06-30")) == ("B", None)


def test_a_dealer_onboarded_within_the_months_is_divided_by_those_since_its_first_invoice(graded, book):
    onboarded = {"onboarded_on": date(2026, 5, 2)}
    assert graded("monthly_sales", *book.monthly("2026-05", ["200000", "200000"]), **onboarded) == ("A", None)
    assert graded("monthly_sales", *book.monthly("2026-06", ["200000"]), **onboarded) == ("A", None)
    assert graded("monthly_sales", *book.monthly("2026-05", ["200000", "200000"])) == ("B", None)


@pytest.mark.parametrize("name", ["monthly_sales", "payment_method", "payment_reputation", "goods_flow"])
def test_no_history_is_a_marked_b_for_the_four_that_facts_alone_give(graded, name):
    assert graded(name) == ("B", "no_history")


def test_who_sold_before_but_nothing_now_is_c(graded, book):
    old = [book.invoice("A", "900000", "2024-06-01"), book.payment("P", "900000", "2024-06-02", "A")]
    for name in ("monthly_sales", "payment_method", "payment_reputation"):
        assert graded(name, *old) == ("C", "sold_before_but_nothing_now")


def test_returns_above_sales_are_c(graded, book):
    entries = [
        book.invoice("A", "100", "2026-06-01", method="cash", term_days=0),
        book.credit_note("K", "101", "2026-06-02"),
    ]
    assert graded("monthly_sales", *entries) == ("C", "returns_above_sales")
    assert graded("payment_method", *entries) == ("C", "returns_above_sales")


def by_terms(book, **values):
    kinds = {
        "prepaid": {"method": "prepaid", "term_days": 0},
        "cash": {"method": "cash", "term_days": 0},
        "credit30": {"method": "credit", "term_days": 30},
        "credit31": {"method": "credit", "term_days": 31},
        "bank30": {"method": "bank_acceptance", "term_days": 0, "due": "2026-06-09"},
        "bank31": {"method": "bank_acceptance", "term_days": 0, "due": "2026-06-10"},
        "commercial": {"method": "commercial_acceptance", "term_days": 10},
    }
    return [book.invoice(kind, amount, "2026-05-10", **kinds[kind]) for kind, amount in values.items()]


@pytest.mark.parametrize(
    ("values", "letter"),
    [
        ({"prepaid": "50", "cash": "30", "credit31": "20"}, "A"),
        ({"prepaid": "50", "cash": "29", "credit30": "1", "credit31": "20"}, "B"),
        ({"credit30": "79", "credit31": "21"}, "C"),
        ({"bank30": "80", "credit31": "20"}, "B"),
        ({"bank31": "80", "credit30": "20"}, "C"),
        ({"commercial": "30", "cash": "70"}, "C"),
        ({"commercial": "20", "cash": "80"}, "A"),
    ],
)
def test_payment_method_is_invoice_value_by_agreed_terms(graded, book, values, letter):
    assert graded("payment_method", *by_terms(book, **values)) == (letter, None)


def paid_late(book, on_time, late, days):
    due = date(2026, 3, 31)
    paid = date.fromordinal(due.toordinal() + days).isoformat()
    return [
        book.invoice("A", on_time, "2026-03-01", due.isoformat()),
        book.payment("P", on_time, "2026-03-31", "A"),
        book.invoice("B", late, "2026-03-01", due.isoformat()),
        book.payment("Q", late, paid, "B"),
    ]


@pytest.mark.parametrize(
    ("on_time", "late", "days", "letter"),
    [
        ("95", "5", 7, "A"),
        ("94.99", "5.01", 7, "B"),
        ("95", "5", 8, "B"),
        ("80", "20", 30, "B"),
        ("79.99", "20.01", 30, "C"),
        ("99", "1", 31, "C"),
    ],
)
def test_payment_reputation_is_share_on_time_and_the_worst_delay(graded, book, on_time, late, days, letter):
    assert graded("payment_reputation", *paid_late(book, on_time, late, days)) == (letter, None)


def test_payment_reputation_has_no_history_until_an_invoice_falls_due(graded, book):
    assert graded("payment_reputation", book.invoice("A", "100", "2026-06-20")) == ("B", "no_history")


def test_payment_reputation_with_everything_in_dispute_has_nothing_to_judge(graded, book):
    entries = [book.invoice("A", "100", "2026-03-01"), book.dispute("A", "100", "2026-03-02")]
    assert graded("payment_reputation", *entries) == ("C", "nothing_to_judge")


@pytest.mark.parametrize(
    ("name", "answer", "letters"),
    [
        (
            "business_nature",
            "nature",
            {"state_owned": "A", "listed": "A", "chain": "A", "company": "B", "sole_trader": "C"},
        ),
        ("licences", "licences", {"complete_valid": "A", "complete_expiring": "B", "missing_or_expired": "C"}),
        ("premises", "premises", {"local_owned": "A", "local_leased": "B", "not_local": "C"}),
    ],
)
def test_survey_answers_have_their_letters(graded, book, name, answer, letters):
    for said, letter in letters.items():
        assert graded(name, surveys=(book.survey(**{answer: said}),)) == (letter, None)


@pytest.mark.parametrize(
    ("founded", "letter"), [("2021-06-30", "A"), ("2021-07-01", "B"), ("2024-06-30", "B"), ("2024-07-01", "C")]
)
def test_years_in_business_are_whole_years(graded, book, founded, letter):
    surveys = (book.survey(founded_on=date.fromisoformat(founded)),)
    assert graded("years_in_business", surveys=surveys) == (letter, None)


def test_a_business_founded_on_a_leap_day_is_a_year_old_on_28_february(graded, book):
    surveys = (book.survey("2026-01-15", founded_on=date(2024, 2, 29)),)
    assert graded("years_in_business", surveys=surveys, as_of=date(2026, 2, 28)) == ("B", None)
    assert graded("years_in_business", surveys=surveys, as_of=date(2026, 2, 27)) == ("C", None)


@pytest.mark.parametrize(
    ("known", "inside", "expected"),
    [
        ("50", "45", ("A", None)),
        ("50", "44.99", ("B", None)),
        ("50", "37.5", ("B", None)),
        ("50", "37.49", ("C", None)),
        ("49.99", "0", ("B", "no_history")),
    ],
)
def test_flow_of_goods_is_what_stays_of_what_is_known(graded, known, inside, expected):
    sold = [
        moved(inside, "T1"),
        moved(Decimal(known) - Decimal(inside), "T2"),
        moved(Decimal(100) - Decimal(known), None),
    ]
    assert graded("goods_flow", territory="T1", goods=tuple(sold)) == expected


def test_flow_of_goods_is_of_the_last_twelve_months_and_of_sell_out_where_there_was_any(graded):
    before = moved("1000", "T2", on=date(2025, 6, 30))
    later = moved("1000", "T2", on=date(2026, 7, 1))
    delivered = moved("1000", "T2", direction="sell_in")
    assert graded("goods_flow", territory="T1", goods=(moved("1", "T1"), before, later, delivered)) == ("A", None)
    assert graded("goods_flow", territory="T1", goods=(before, later)) == ("B", "no_history")
    assert graded("goods_flow", territory="T1", goods=(delivered,)) == ("C", None)


def test_deliveries_to_known_places_count_if_they_are_half_of_what_was_invoiced(graded, book):
    delivered = (moved("50", "T1", direction="sell_in"),)
    for invoiced, note in (("100", None), ("100.01", "no_history")):
        sale = book.invoice("A", invoiced, "2026-06-01")
        assert graded("goods_flow", sale, territory="T1", goods=delivered)[1] == note


def test_what_comes_back_is_taken_off_where_it_went(graded):
    goods = (moved("100", "T1"), moved("20", "T2"), moved("-9", "T2"))
    assert graded("goods_flow", territory="T1", goods=goods) == ("A", None)
    assert graded("goods_flow", territory="T1", goods=(moved("5", "T2"), moved("-5", "T2"))) == ("B", "no_history")


@given(st.lists(st.tuples(st.integers(-99, 99), st.sampled_from(["T1", "T2", None]), st.booleans()), max_size=9))
def test_the_flow_of_goods_is_the_sum_of_its_parts_in_any_order(parts):
    goods = [moved(value, place, direction="sell_out" if out else "sell_in") for value, place, out in parts]
    whole = flow(goods, "T1", AS_OF, AS_OF)
    assert whole == flow(reversed(goods), "T1", AS_OF, AS_OF)
    counted = [g for g in goods if g.direction == "sell_out"] or goods
    assert (
        whole == Flow()
        if not counted
        else whole.known - whole.inside == sum(g.value for g in counted if g.territory == "T2")
    )


@pytest.mark.parametrize(
    ("ticked", "expires", "expected"),
    [
        ("complete_valid", None, "A"),
        ("complete_valid", "2026-09-29", "A"),
        ("complete_valid", "2026-09-28", "B"),
        ("complete_valid", "2026-07-01", "B"),
        ("complete_valid", "2026-06-30", "C"),
        ("complete_expiring", "2030-01-01", "B"),
        ("complete_expiring", "2026-01-01", "C"),
        ("missing_or_expired", "2030-01-01", "C"),
    ],
)
def test_licences_are_what_they_are_on_the_day_and_never_better_than_ticked(graded, book, ticked, expires, expected):
    day = None if expires is None else date.fromisoformat(expires)
    surveys = (book.survey(licences=ticked, licences_expire_on=day),)
    assert graded("licences", surveys=surveys) == (expected, None)


def test_a_licence_that_expires_between_two_ratings_is_seen_by_the_second_and_recorded(book, policy):
    dealer = book.dealer(surveys=(book.survey(licences="complete_valid", licences_expire_on=date(2026, 12, 31)),))
    told = {}
    for as_of in (AS_OF, date(2026, 10, 2), date(2026, 12, 31)):
        found = assess(snapshot(dealer, as_of), policy.indicators)
        assert isinstance(found, Assessment)
        licences = found.indicators["licences"]
        told[as_of.month] = (licences.grade, licences.value, licences.inputs["days_left"])
    assert told == {
        6: ("A", "complete_valid", 184),
        10: ("B", "complete_expiring", 90),
        12: ("C", "missing_or_expired", 0),
    }


def test_a_missing_survey_blocks_and_says_so(book, policy):
    dealer = book.dealer(surveys=())
    assert assess(snapshot(dealer, AS_OF), policy.indicators) == SurveyMissing("survey-missing")


def test_a_survey_counts_for_twelve_months_and_only_from_its_day_on(book, policy):
    dealer = book.dealer(surveys=(book.survey("2025-06-30"),))

    def found(as_of):
        return assess(snapshot(dealer, as_of), policy.indicators)

    assert isinstance(found(date(2026, 6, 30)), Assessment)
    assert found(date(2026, 7, 1)) == SurveyMissing("survey-out-of-date")
    assert found(date(2025, 6, 29)) == SurveyMissing("survey-missing")


def test_of_two_surveys_on_a_day_the_later_answer_counts(book):
    first, second = book.survey("2026-01-15", nature="chain"), book.survey("2026-01-15", nature="listed")
    older = book.survey("2025-12-01", nature="company")
    assert book.dealer(surveys=(older, first, second)).survey_at(AS_OF) == second
    assert book.dealer(surveys=(first, second, older)).survey_at(AS_OF) == second


@pytest.mark.parametrize(
    ("method", "matures", "letter"),
    [
        ("bank_acceptance", "2026-05-05", "B"),
        ("bank_acceptance", "2026-05-06", "C"),
        ("commercial_acceptance", "2026-05-05", "C"),
    ],
)
def test_what_a_bill_settled_is_credit_until_a_bank_pays_it_whatever_was_agreed(graded, book, method, matures, letter):
    sale = book.invoice("A", "100", "2026-04-05", method="cash", term_days=0)
    assert graded("payment_method", sale) == ("A", None)
    assert graded("payment_method", sale, book.bill("Y", "100", "2026-04-06", matures, "A", method=method)) == (
        letter, None,
    )  # fmt: skip


def test_what_no_bill_settled_counts_by_the_terms_agreed(graded, book):
    sale = book.invoice("A", "100", "2026-04-05", method="cash", term_days=0)
    long = [book.bill("Y", amount, "2026-04-06", "2026-10-06", "A") for amount in ("20", "20.01")]
    assert [graded("payment_method", sale, bill)[0] for bill in long] == ["A", "C"]


def test_a_bill_that_was_dishonoured_leaves_the_terms_agreed(graded, book):
    sale = book.invoice("A", "100", "2026-04-05", method="cash", term_days=0)
    bill = book.bill("Y", "100", "2026-04-06", "2026-06-06", "A", method="commercial_acceptance")
    assert graded("payment_method", sale, bill, book.bounce("Y", "2026-06-06", of="bill")) == ("A", None)
