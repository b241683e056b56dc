"""A limit without due diligence: held where the policy asks for one, never raised by it, and only where it asks."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_rating.domain.credit_file import CREDIT_FILE, CreditFile
from credit_rating.domain.diligence_cap import Approved, held, valid_at
from credit_rating.domain.limit_recomputation import Limited, causes, recompute
from credit_rating.domain.policy.due_diligence import DueDiligenceRule
from credit_rating.domain.rating import Occasion, canonical_data, rate
from events import PolicyRef

AS_OF, JULY = date(2026, 6, 30), date(2026, 7, 1)
RUN, ID = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
CUT = {"credit-rating": {"0": 9}}
POLICY = PolicyRef(name="credit", version=2, hash="0" * 64)
RULE, UNIT = DueDiligenceRule(), Decimal(100)
money = st.integers(0, 10**7).map(lambda cents: Decimal(cents).scaleb(-2))
limits = st.integers(0, 10**5).map(lambda hundreds: Decimal(hundreds * 100))
rules = st.builds(DueDiligenceRule, first_limit=st.booleans(), raise_beyond_percent=st.none() | st.integers(0, 300))
approvals = st.none() | money.map(lambda limit: covering(limit))


def covering(limit, on="2026-06-01", of=ID):
    return Approved(diligence=of, approved_on=date.fromisoformat(on), limit=Decimal(limit))


def given_limit(computed, before, approved=None, rule=RULE):
    cap = held(Decimal(computed), Decimal(before), approved, rule, UNIT)
    return Decimal(computed) if cap is None else cap.limit


@pytest.mark.parametrize(
    ("computed", "before", "covers", "limit"),
    [
        (90000, 0, None, 0),
        (90000, 0, 50000, 50000),
        (90000, 0, 120000, 90000),
        (90000, 60000, None, 90000),
        (90100, 60000, None, 90000),
        (150000, 60000, None, 90000),
        (150000, 60000, 70000, 70000),
        (150000, 60000, 10000, 60000),
        (80000, 60000, 70000, 70000),
        (150000, 60000, 120050, 120000),
        (150000, 60000, 200000, 150000),
        (40000, 60000, 10000, 40000),
        (0, 0, None, 0),
    ],
)
def test_no_first_limit_and_no_raise_beyond_the_percentage_without_what_a_diligence_covers(
    computed, before, covers, limit
):
    assert given_limit(computed, before, covering(covers) if covers else None) == limit


def test_a_policy_may_ask_for_the_one_and_not_for_the_other():
    raises = DueDiligenceRule(first_limit=False, raise_beyond_percent=0)
    assert given_limit(90000, 0, rule=raises) == 90000 and given_limit(90000, 60000, rule=raises) == 60000
    firsts = DueDiligenceRule(raise_beyond_percent=None)
    assert given_limit(90000, 0, rule=firsts) == 0 and given_limit(990000, 100, rule=firsts) == 990000


def test_the_latest_approved_one_counts_for_so_many_months():
    old, new, same = covering(1, "2026-01-01"), covering(2), covering(3)
    assert valid_at([new, old, same], AS_OF, RULE) == same
    assert valid_at([old, covering(9, "2026-07-01")], AS_OF, RULE) == old
    assert valid_at([covering(9, "2024-06-29")], AS_OF, RULE) is None
    assert valid_at([covering(9, "2024-06-30")], AS_OF, RULE) is not None


@given(limits, limits, approvals, rules)
def test_it_never_raises_a_limit_and_never_takes_what_a_dealer_had(computed, before, approved, rule):
    limit = given_limit(computed, before, approved, rule)
    assert min(computed, before) <= limit <= computed and limit % UNIT == 0


@given(limits, limits, limits, approvals, rules)
def test_who_comes_to_more_by_the_formula_or_had_more_gets_no_less(computed, before, more, approved, rule):
    limit = given_limit(computed, before, approved, rule)
    assert given_limit(computed + more, before, approved, rule) >= limit
    if before or rule.first_limit:  # a policy that asks for raises alone lets a first limit pass whole
        assert given_limit(computed, before + more, approved, rule) >= limit


@given(limits, limits, money, money)
def test_a_diligence_that_covers_more_gives_no_less_and_none_lets_a_raise_pass_what_it_covers(
    computed, before, one, more
):
    limit = given_limit(computed, before, covering(one))
    assert given_limit(computed, before, covering(one + more)) >= limit
    assert limit <= max(before, one)


@pytest.fixture
def asking(policy, policy_content):
    """The shipped policy with due diligence asked for."""
    return type(policy).read(policy_content() | {"due_diligence": {}})


@pytest.fixture
def sold(book):
    return lambda *approved: book.dealer(*book.monthly("2025-06", ["100000"] * 13), diligences=approved)


@pytest.fixture
def rated(sold):
    def rated(under, *approved, before=Decimal(0)):
        occasion = Occasion(RUN, AS_OF, CUT, POLICY, "lin")
        return rate(sold(*approved), policy=under, occasion=occasion, previous_grade=None, previous_limit=before)

    return rated


def test_a_policy_without_the_section_asks_for_nothing(policy, rated):
    plain = rated(policy)
    assert policy.due_diligence is None and plain.limit.diligence is None and plain.limit.limit > 0
    assert canonical_data(rated(policy, covering(5)).limit) == canonical_data(plain.limit)


def test_a_rating_records_what_the_limit_needed_it_for(policy, asking, rated):
    whole = rated(policy).limit.limit
    first = rated(asking).limit
    assert (first.limit, first.diligence.computed, first.diligence.free, first.diligence.diligence) == (
        0,
        whole,
        0,
        None,
    )
    assert rated(asking).grade == rated(policy).grade, "the grade is not touched"
    looked_into = rated(asking, covering(whole - 100)).limit
    assert (looked_into.limit, looked_into.diligence.covers, looked_into.diligence.diligence) == (
        whole - 100, whole - 100, ID,
    )  # fmt: skip
    raised = rated(asking, before=Decimal(10000)).limit
    assert (raised.limit, raised.diligence.before, raised.diligence.free) == (15000, 10000, 15000)
    assert rated(asking, before=whole).limit.diligence is None


def test_a_limit_that_waits_is_computed_anew_once_a_diligence_is_approved(asking, rated, sold):
    first = rated(asking)
    file = CREDIT_FILE.fold(CreditFile(), [first.grade, first.limit])
    assert file.limited == Limited(AS_OF, 30, 2, Decimal(0), waits=True) and file.limit_before == 0

    def anew(file, *approved, as_of=AS_OF):
        facts, grade = sold(*approved), file.grade
        asked = recompute(facts, run=RUN, grade=grade, as_of=as_of, policy=asking, named=POLICY, cut=CUT,
                          before=file.limit_before)  # fmt: skip
        return CREDIT_FILE.decide(file, asked)

    assert anew(file) == []
    (limit,) = anew(file, covering("40000.00"))
    assert (limit.causes, limit.limit, limit.diligence.diligence) == (("diligence",), 40000, ID)
    after = CREDIT_FILE.fold(file, [limit])
    assert after.limited.waits and after.limit_before == 40000, "what a diligence raised is what counts from then on"
    assert anew(after, covering("40000.00")) == [], "that one is answered"
    other = covering("900000.00", "2026-06-30", RUN)
    assert anew(after, covering("40000.00"), as_of=JULY)[0].limit == 40000, "nor does it creep beyond on the 1st"
    (whole,) = anew(after, covering("40000.00"), other)
    assert (whole.limit, whole.diligence) == (50000, None), "by half more than 40,000 it needs none"
    done = CREDIT_FILE.fold(after, [whole])
    assert not done.limited.waits and anew(done, other, covering("1.00", "2026-06-30")) == []


def test_raises_between_two_grades_are_measured_by_the_limit_of_the_grade_and_do_not_add_up(asking, rated, sold):
    given_ = rated(asking, before=Decimal(10000))
    file = CREDIT_FILE.fold(CreditFile(), [given_.grade, given_.limit])
    for month in (7, 8, 9):
        asked = recompute(sold(), run=RUN, grade=file.grade, as_of=date(2026, month, 1), policy=asking, named=POLICY,
                          cut=CUT, before=file.limit_before)  # fmt: skip
        events = CREDIT_FILE.decide(file, asked)
        file = CREDIT_FILE.fold(file, events)
        assert events[0].limit <= 22500 and file.limit_before == 15000


def test_the_causes_know_a_diligence_only_where_the_limit_waits():
    assert causes(Limited(AS_OF, 30, 1, waits=True), AS_OF, 30, 1, ID) == ["diligence"]
    assert causes(Limited(AS_OF, 30, 1), AS_OF, 30, 1, ID) == []
    assert causes(Limited(AS_OF, 30, 1, waits=True, diligence=ID), AS_OF, 30, 1, ID) == []
    assert causes(Limited(AS_OF, 30, 1, waits=True), AS_OF, 30, 1) == []
