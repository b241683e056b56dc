from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_rating.domain.diligence_cap import Approved
from credit_rating.domain.entries import Allocation, CreditNote, Dispute, Invoice, Payment
from credit_rating.domain.facts import DealerFacts, Survey
from credit_rating.domain.five_c import CS, FiveC
from credit_rating.domain.goods import Moved
from credit_rating.domain.indicators import snapshot
from credit_rating.domain.policy import CreditPolicy
from credit_rating.domain.rating import NotRated, Occasion, Rated, judge, rate
from credit_rating.domain.simulation import Tally, compared, move_of, simulated, together
from rules.policy import reference

AS_OF = date(2026, 6, 30)
days = st.dates(date(2024, 5, 1), date(2026, 7, 5))
amounts = st.integers(1, 90_000_000).map(lambda cents: Decimal(cents).scaleb(-2))
numbers = st.sampled_from("1234567")
document: dict[str, Any] = {"id": st.uuids().map(str), "source": st.sampled_from(["erp", "old"]), "number": numbers}
entries = st.lists(
    st.builds(
        Invoice, **document, amount=amounts, issued_on=days, due_on=days, term_days=st.sampled_from([0, 30, 60]),
        method=st.sampled_from(["prepaid", "cash", "credit", "bank_acceptance"]), order=st.none(),
    )
    | st.builds(
        Payment, **document, amount=amounts, received_on=days,
        allocations=st.lists(st.builds(Allocation, numbers, st.none() | amounts), max_size=2).map(tuple),
    )
    | st.builds(CreditNote, **document, amount=amounts, issued_on=days, invoice=st.none() | numbers)
    | st.builds(Dispute, **document, amount=amounts, disputed_on=days),
    max_size=20,
)  # fmt: skip
dealers = st.builds(
    DealerFacts, dealer=st.just("d"), onboarded_on=days, term_days=st.sampled_from([0, 30, 45]),
    forecast_monthly_sales=amounts, entries=entries.map(tuple), territory=st.just("T1"),
    goods=st.lists(st.builds(
        Moved, on=days, direction=st.sampled_from(["sell_in", "sell_out"]), value=amounts,
        territory=st.sampled_from(["T1", "T2", None]),
    ), max_size=4).map(tuple),
    assessments=st.lists(st.builds(
        FiveC, assessment=st.uuids().map(str), assessed_on=days,
        scores=st.fixed_dictionaries({name: st.integers(0, 100) for name in CS}),
    ), max_size=2).map(tuple),
    diligences=st.lists(st.builds(
        Approved, diligence=st.uuids().map(str), approved_on=days, limit=amounts,
    ), max_size=1).map(tuple),
    surveys=st.lists(st.builds(
        Survey, surveyed_on=days, annual_turnover=amounts, nature=st.sampled_from(["listed", "company", "sole_trader"]),
        licences=st.sampled_from(["complete_valid", "missing_or_expired"]), licences_expire_on=st.none() | days,
        founded_on=st.dates(date(2019, 1, 1), AS_OF), premises=st.sampled_from(["local_owned", "not_local"]),
    ), max_size=2).map(tuple),
)  # fmt: skip
a_letter, caps = st.sampled_from("ABC"), st.sampled_from([{"below": "80.0", "grade": 5}, None])
months, shares = st.sampled_from([1, 3, 6, 12, 24]), st.sampled_from(["0.50", "0.80", "0.95"])


@pytest.fixture(scope="module")
def changed(policy_content):
    """Makes the default policy with other values: path → value."""

    def make(**values: Any) -> CreditPolicy:
        content = policy_content()
        for path, value in values.items():
            part: Any = content
            *parents, last = path.split("__")
            for name in parents:
                part = part[name]
            part[last] = value
        return CreditPolicy.read(content)

    return make


@settings(deadline=None, max_examples=150)
@given(facts=dealers, values=st.fixed_dictionaries({"limit__coefficients__5": st.just("0.4")}, optional={
    "indicators__annual_sales_scale__survey_months": months, "indicators__annual_sales_scale__window_months": months,
    "indicators__monthly_sales__months": months, "indicators__payment_method__months": months,
    "indicators__payment_method__credit_days": st.sampled_from([0, 45]), "indicators__payment_method__share": shares,
    "indicators__payment_reputation__window_months": months, "indicators__no_history": st.sampled_from(["A", "C"]),
    "limit__short_months": months, "limit__long_months": months, "limit__season__months": months,
    "indicators__payment_reputation__A__days_late": st.sampled_from([0, 20]),
    "indicators__business_nature__company": a_letter, "indicators__licences__expiring_days": st.just(300),
    "indicators__premises__not_local": a_letter, "indicators__years_in_business__B": st.just("1"),
    "indicators__goods_flow__A": st.just("0.95"), "indicators__goods_flow__B": st.just("0.10"),
    "limit__season__floor": st.just("0.9"), "limit__unit": st.just("0.01"), "limit__new_dealer__months": months,
    "limit__new_dealer__cap": st.just("0.75"), "limit__coefficients__3": st.just("0.7"),
    "five_c": st.fixed_dictionaries({"cap": caps}), "due_diligence": st.fixed_dictionaries({"valid_months": months}),
}))  # fmt: skip
def test_both_sides_are_what_a_rating_gives_under_that_policy_alone(facts, values, policy, policy_content, changed):
    then = changed(**values)
    occasion = Occasion("0" * 8 + "-0000-7000-8000-" + "0" * 12, AS_OF, {}, reference(policy_content()), "x")
    both = simulated(facts, AS_OF, compared(policy, then))
    for judged, alone in ((both.now, policy), (both.then, then)):
        rated = rate(facts, policy=alone, occasion=occasion, previous_grade=None)
        if isinstance(rated, NotRated):
            assert judged == rated
        else:
            assert isinstance(rated, Rated)
            letters = {name: each.grade for name, each in judged.assessment.indicators.items()}
            assert letters == {name: each.grade for name, each in rated.grade.indicators.items()}
            assert (judged.given.grade, judged.given.rule) == (rated.grade.grade, rated.grade.rule)
            assert (judged.cap, judged.limit.diligence) == (rated.grade.cap, rated.limit.diligence)
            assert judged.limit.limit == rated.limit.limit


FALLING, SPRING, HALF_A_YEAR = range(340, 100, -10), [200] * 21 + [400, 400, 200], [120] * 6
"""Sales a month, in thousands, up to the last one."""


@pytest.mark.parametrize(("sales", "changes"), [
    (FALLING, {"limit__short_months": 1}),
    (SPRING, {"limit__long_months": 6}),
    (SPRING, {"limit__season__ceiling": "0.9"}),
    (HALF_A_YEAR, {"limit__new_dealer__per_quarter": "0.1"}),
    (HALF_A_YEAR, {"limit__new_dealer__months": 3}),
])  # fmt: skip
def test_a_limit_that_rests_on_something_else_is_worked_out_anew(book, policy, changed, sales, changes):
    first = "2024-07" if len(sales) == 24 else "2026-01"
    invoices = book.monthly(first, [f"{each}000" for each in sales])
    paid = [book.payment(f"P{i.number}", str(i.amount), str(i.due_on), i.number) for i in invoices]
    dealer, then = book.dealer(*invoices, *paid), changed(**changes)
    both, alone = simulated(dealer, AS_OF, compared(policy, then)), judge(snapshot(dealer, AS_OF), then)
    assert both.then.limit.limit == alone.limit.limit != both.now.limit.limit > 0


@pytest.fixture
def dealer(book):
    sales = book.monthly("2024-07", ["70000"] * 24)
    return book.dealer(*sales, *[book.payment(f"P{i.number}", "70000", i.due_on.isoformat(), i.number) for i in sales])


def test_a_mover_says_which_indicators_fall_into_another_class(dealer, policy, changed):
    move = move_of(simulated(dealer, AS_OF, compared(policy, changed(indicators__monthly_sales__B="80000"))))
    assert [(each.indicator, each.now, each.then, each.value) for each in move.indicators] == [
        ("monthly_sales", "B", "C", "70000.00")
    ]
    assert (move.now.rule, move.then.rule) == ("a_and_b/all_b", "one_c/all_b") and move.then.grade == 4


def test_a_mover_without_such_an_indicator_is_moved_by_the_table_or_by_the_limits_factors(dealer, policy, changed):
    harder = move_of(
        simulated(dealer, AS_OF, compared(policy, changed(grades__a_and_b__all_b=4, grades__all_b__all_b=4)))
    )
    assert (harder.indicators, harder.now.grade, harder.then.grade) == ([], 3, 4)
    lower = move_of(simulated(dealer, AS_OF, compared(policy, changed(limit__unit="50000"))))
    assert (lower.now.grade, lower.then.grade) == (3, 3) and (lower.now.limit, lower.then.limit) == (56000, 50000)


def test_who_can_be_graded_under_one_policy_only_moves_to_or_from_no_grade(dealer, policy, changed):
    tally = Tally()
    move = simulated(dealer, AS_OF, compared(policy, changed(indicators__annual_sales_scale__survey_months=3)))
    tally.add(move, in_force=3)
    assert tally.matrix == {(3, None): 1} and tally.left_out == {} and tally.not_as_in_force == 0
    assert move_of(move).then.left_out == "survey-out-of-date"
    assert (tally.limit_now, tally.limit_then, tally.lowered.amount) == (56000, 0, 56000)


@settings(deadline=None, max_examples=20)
@given(facts=st.lists(dealers, max_size=6), cut=st.integers(0, 6))
def test_tallies_add_up_however_the_dealers_are_shared_out(facts, cut, policy, changed):
    then = changed(indicators__monthly_sales__B="80000", indicators__annual_sales_scale__survey_months=6)
    each = [simulated(one, AS_OF, compared(policy, then)) for one in facts]

    def tallied(some) -> Tally:
        tally = Tally()
        for one in some:
            tally.add(one, in_force=4)
        return tally

    assert together([tallied(each[:cut]), tallied(each[cut:])]) == tallied(each)
    assert sum(tallied(each).matrix.values()) + sum(tallied(each).left_out.values()) == len(facts)
