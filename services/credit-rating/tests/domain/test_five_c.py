"""The 5C assessment: totals by weight, and the cap that a policy may make of it."""

from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_rating.domain.five_c import ASSESSMENT, CS, AssessFiveC, Assessments, FiveC, cap_of, latest, total_of
from credit_rating.domain.grades import grade_of
from credit_rating.domain.policy.five_c import Cap, FiveCRule, Weights
from credit_rating.domain.rating import NotRated, Occasion, canonical_data, rate
from events import Assessed, FiveCAssessed, FiveCs, PolicyRef
from events.decider import Refused

AS_OF = date(2026, 6, 30)
POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)
ID = "00000000-0000-7000-8000-000000000001"
CAPPED = FiveCRule(cap=Cap(below=Decimal(40), grade=4))


def scores(*of):
    return dict(zip(CS, of, strict=True))


def assessed(*of, on="2026-06-01", name=ID):
    return FiveC(assessment=name, assessed_on=date.fromisoformat(on), scores=scores(*of))


@pytest.mark.parametrize(
    ("of", "weights", "total"),
    [
        ((0, 0, 0, 0, 0), Weights(), "0.0"),
        ((100, 100, 100, 100, 100), Weights(), "100.0"),
        ((61, 40, 33, 20, 51), Weights(), "41.0"),
        (
            (50, 0, 0, 0, 0),
            Weights(character="0.5", capacity="0.5", capital="0", collateral="0", conditions="0"),
            "25.0",
        ),
        ((1, 1, 1, 1, 0), Weights(character="0.15", capacity="0.25"), "0.8"),
        ((1, 0, 0, 0, 0), Weights(character="0.25", capacity="0.15"), "0.3"),
    ],
)
def test_the_total_is_the_weighted_sum_to_one_decimal_half_up(of, weights, total):
    assert str(total_of(scores(*of), weights)) == total


def test_weights_that_do_not_add_up_to_one_are_no_policy(policy, policy_content):
    assert policy.five_c == FiveCRule()
    with pytest.raises(Refused, match=r"five_c\.weights: .*add up to 1"):
        type(policy).read(policy_content() | {"five_c": {"weights": {"capital": "0.3"}}})
    with pytest.raises(Refused, match=r"five_c\.cap\.grade"):
        type(policy).read(policy_content() | {"five_c": {"cap": {"below": "40", "grade": 6}}})


def test_the_latest_that_still_counts_is_used_and_of_one_day_the_later():
    old, new, same = assessed(1, 1, 1, 1, 1, on="2026-01-01"), assessed(2, 2, 2, 2, 2), assessed(3, 3, 3, 3, 3)
    assert latest([new, old, same], AS_OF, 12) == same
    assert latest([old, assessed(9, 9, 9, 9, 9, on="2026-07-01")], AS_OF, 12) == old
    assert latest([assessed(9, 9, 9, 9, 9, on="2025-06-29")], AS_OF, 12) is None
    assert latest([assessed(9, 9, 9, 9, 9, on="2025-06-30")], AS_OF, 12) is not None


@pytest.mark.parametrize(
    ("grade", "of", "rule", "capped"),
    [
        (1, (39, 40, 40, 40, 40), CAPPED, 4),
        (1, (40, 40, 40, 40, 40), CAPPED, None),
        (4, (0, 0, 0, 0, 0), CAPPED, None),
        (5, (0, 0, 0, 0, 0), CAPPED, None),
        (1, (0, 0, 0, 0, 0), FiveCRule(), None),
    ],
)
def test_less_than_the_policy_asks_caps_the_grade_and_only_where_it_is_better(grade, of, rule, capped):
    cap = cap_of(grade, [assessed(*of)], AS_OF, rule)
    assert (cap and cap.grade) == capped
    assert cap is None or (cap.computed, cap.assessment, cap.below) == (grade, ID, Decimal(40))


five = st.tuples(*[st.integers(0, 100)] * 5)


@given(five, st.integers(0, 4), st.integers(1, 100), st.integers(0, 100), st.integers(2, 5), st.integers(1, 5))
def test_bettering_one_of_the_five_never_worsens_a_grade(of, place, more, below, at_best, grade):
    rule = FiveCRule(cap=Cap(below=Decimal(below), grade=at_best))
    better = (*of[:place], min(100, of[place] + more), *of[place + 1 :])

    def final(given_):
        cap = cap_of(grade, [assessed(*given_)], AS_OF, rule)
        return cap.grade if cap else grade

    assert final(better) <= final(of)
    assert final(of) >= grade


def test_bettering_one_indicator_never_worsens_the_grade_with_a_cap(policy):
    rules = [FiveCRule(cap=Cap(below=Decimal(40), grade=at_best)) for at_best in (2, 3, 4, 5)]
    low = [assessed(0, 0, 0, 0, 0)]
    capped = [
        [(cap_of(n, low, AS_OF, rule) or Cap(below=1, grade=max(2, n))).grade for n in range(1, 6)] for rule in rules
    ]
    assert capped == [[2, 2, 3, 4, 5], [3, 3, 3, 4, 5], [4, 4, 4, 4, 5], [5, 5, 5, 5, 5]]
    grades = {each: grade_of(each[:4], each[4:], policy.grades).grade for each in product("ABC", repeat=9)}
    for letters, grade in grades.items():
        for place, letter in enumerate(letters):
            if letter != "A":
                better = grades[*letters[:place], "A" if letter == "B" else "B", *letters[place + 1 :]]
                assert all(of[better - 1] <= of[grade - 1] for of in capped)


def test_a_rating_says_its_cap_and_its_limit_is_that_of_the_capped_grade(book, policy, policy_content):
    capping = type(policy).read(policy_content() | {"five_c": {"cap": {"below": "40", "grade": 4}}})
    entries = book.monthly("2024-01", ["100000.00"] * 30)
    paid = [book.payment(f"p-{each.number}", "100000.00", str(each.due_on), each.number) for each in entries]
    occasion = Occasion(ID, AS_OF, {"credit-rating": {"0": 9}}, POLICY, "lin")

    def rated(under, *assessments):
        facts = book.dealer(*entries, *paid, assessments=assessments)
        made = rate(facts, policy=under, occasion=occasion, previous_grade=None)
        assert not isinstance(made, NotRated)
        return made

    plain, low = rated(capping), assessed(10, 20, 30, 40, 50)
    assert plain.grade.grade < 4 and plain.grade.cap is None
    assert canonical_data(rated(policy, low).grade) == canonical_data(rated(policy).grade)
    capped = rated(capping, low)
    assert (capped.grade.grade, capped.grade.cap.total, capped.grade.cap.computed) == (
        4, Decimal("30.0"), plain.grade.grade,
    )  # fmt: skip
    assert capped.grade.rule == plain.grade.rule and capped.limit.coefficient == Decimal("0.5")


def test_an_assessment_is_kept_with_its_evidence_and_total():
    each = Assessed(score=50, evidence="Accounts of two years.")
    asked = AssessFiveC(
        assessment=ID, scores=FiveCs(**dict.fromkeys(CS, each)), weights=Weights(), policy=POLICY, by="he", today=AS_OF
    )
    (kept,) = ASSESSMENT.decide(Assessments(), asked)
    assert isinstance(kept, FiveCAssessed)
    assert (kept.total, kept.assessed_on, kept.scores.capital.evidence) == (Decimal("50.0"), AS_OF, each.evidence)
    assert ASSESSMENT.evolve(Assessments(), kept) == Assessments(ID)
