"""A limit is computed anew on the 1st, under another policy and on other terms; each cause is answered once (2.7)."""

from datetime import date
from decimal import Decimal

import pytest

from credit_rating.domain.credit_file import CREDIT_FILE, CreditFile
from credit_rating.domain.facts import TermsAgreed
from credit_rating.domain.limit_recomputation import Limited, causes, recompute
from credit_rating.domain.rating import Occasion, rate
from credit_rating.published_policies import InForce
from credit_rating.recomputing import due_as_of
from events import PolicyRef

JUNE, JULY = date(2026, 6, 30), date(2026, 7, 1)
RUN = "0191d3a3-0000-8000-8000-000000000001"
CUT = {"credit-rating": {"0": 9}}
ONE, TWO = (PolicyRef(name="credit", version=n, hash="0" * 64) for n in (1, 2))
LAST = Limited(JUNE, 30, 1)


@pytest.fixture
def sold(book):
    """A dealer of 100,000 a month."""
    return lambda **others: book.dealer(*book.monthly("2025-06", ["100000"] * 13), **others)


@pytest.fixture
def graded(sold, policy):
    """Its credit file after a rating at the end of June."""
    rated = rate(sold(), policy=policy, occasion=Occasion(RUN, JUNE, CUT, ONE, "director"), previous_grade=None)
    return CREDIT_FILE.fold(CreditFile(), [rated.grade, rated.limit]), rated


@pytest.fixture
def anew(graded, policy):
    def anew(facts, as_of=JULY, named=ONE, run=RUN, file=None):
        before = file or graded[0]
        asked = recompute(facts, run=run, grade=before.grade, as_of=as_of, policy=policy, named=named, cut=CUT)
        return CREDIT_FILE.decide(before, asked)

    return anew


def test_on_the_first_the_limit_of_a_grade_is_computed_from_the_months_before(sold, graded, anew):
    (limit,) = anew(sold())
    assert (limit.causes, limit.as_of, limit.run, limit.grade) == (("month",), JULY, RUN, graded[1].grade.grade)
    assert (limit.m3, limit.limit) == (100000, graded[1].limit.limit)


def test_an_unchanged_limit_is_an_event_too_so_that_its_cause_is_answered(sold, graded, anew):
    events = anew(sold())
    after = CREDIT_FILE.fold(graded[0], events)
    assert events[0].limit == graded[1].limit.limit
    assert anew(sold(), file=after) == [], "the cause is answered"


def test_other_terms_and_another_policy_are_causes_each_and_all_at_once(sold, graded, anew):
    terms = sold(terms=(TermsAgreed(on=JUNE, term_days=45),))
    (limit,) = anew(terms, as_of=JUNE)
    assert (limit.causes, limit.term_days) == (("terms",), 45)
    assert limit.limit == graded[1].limit.limit * Decimal("1.5")
    assert anew(sold(), as_of=JUNE, named=TWO)[0].causes == ("policy",)
    assert anew(terms, named=TWO)[0].causes == ("month", "policy", "terms")


def test_a_dealer_that_was_graded_anew_or_limited_later_is_left_alone(sold, graded, anew):
    assert anew(sold(), run="0191d3a3-0000-8000-8000-000000000002") == []
    after = CREDIT_FILE.fold(graded[0], anew(sold(), as_of=date(2026, 8, 1)))
    assert anew(sold(), as_of=JULY, named=TWO, file=after) == []


def test_a_dealer_without_a_grade_has_no_limit_to_compute_anew(sold, policy):
    asked = recompute(sold(), run=RUN, grade=3, as_of=JULY, policy=policy, named=ONE, cut=CUT)
    assert CREDIT_FILE.decide(CreditFile(), asked) == []


def test_a_term_counts_from_its_day_on_and_of_two_the_later_one(book):
    agreed = (TermsAgreed(on=date(2026, 7, 5), term_days=60), TermsAgreed(on=date(2026, 7, 5), term_days=45))
    facts = book.dealer(terms=agreed)
    assert [facts.term_days_at(date(2026, 7, day)) for day in (4, 5, 6)] == [30, 45, 45]


def test_a_dealer_is_due_as_of_the_latest_day_that_asks_for_a_limit(book, policy):
    def due(today, terms=(), effective="2000-01-01", named=ONE, last=LAST):
        in_force = InForce(policy.model_copy(update={"effective_from": date.fromisoformat(effective)}), named)
        return due_as_of(last, book.dealer(terms=terms), in_force, today)

    assert due(date(2026, 6, 30)) is None
    assert due(date(2026, 7, 1)) == due(date(2026, 7, 20)) == JULY
    assert due(date(2026, 7, 20), effective="2026-07-10", named=TWO) == date(2026, 7, 10)
    assert due(date(2026, 7, 20), terms=(TermsAgreed(on=date(2026, 7, 15), term_days=45),)) == date(2026, 7, 15)
    assert due(date(2026, 7, 14), terms=(TermsAgreed(on=date(2026, 7, 15), term_days=45),)) == JULY
    assert due(JUNE, effective="2026-01-01", named=TWO) == JUNE, "what reaches back counts from the last limit on"
    assert due(date(2026, 7, 1), last=Limited(JULY, 30, 1)) is None


def test_the_causes_are_read_from_what_the_last_limit_rests_on():
    assert causes(LAST, JUNE, 30, 1) == []
    assert causes(LAST, JULY, 45, 2) == ["month", "policy", "terms"]
