from datetime import date
from decimal import Decimal

import pytest

from credit_rating.domain.credit_file import CREDIT_FILE, AssignGrade, CreditFile, OpenCreditFile, OpenReview
from events import CreditFileOpened, CreditGradeAssigned, CreditLimitSet, CreditReviewOpened, PolicyRef
from events.decider import Refused

POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)
RUN, NEXT_RUN = "0" * 8 + "-0000-7000-8000-" + "0" * 12, "0" * 8 + "-0000-7000-8000-" + "1" * 12
OPENED = CreditFileOpened(opened_on=date(2026, 1, 10), review_due=date(2026, 2, 9))


def rating(as_of=date(2026, 3, 31), grade=3, previous=None, run=RUN, limit_run=None):
    common = {"as_of": as_of, "policy": POLICY, "cut": {"credit-rating": {"0": 1}}}
    graded = CreditGradeAssigned(
        run=run,
        grade=grade,
        previous_grade=previous,
        rule="all_b/all_b",
        indicators={},
        approved_by="director",
        **common,
    )
    limited = CreditLimitSet(
        run=limit_run or run,
        limit=Decimal(100),
        m3=Decimal(1),
        m12=Decimal(1),
        season=Decimal(1),
        term_days=30,
        coefficient=Decimal(1),
        basis="history",
        **common,
    )
    return AssignGrade(graded=graded, limited=limited)


def after(*events):
    state = CreditFile()
    for event in events:
        state = CREDIT_FILE.evolve(state, event)
    return state


def assigned(rating):
    return rating.graded, rating.limited


def test_a_credit_file_opens_with_the_dealer_and_its_first_rating_is_due_after_thirty_days():
    assert CREDIT_FILE.decide(CreditFile(), OpenCreditFile(onboarded_on=date(2026, 1, 10))) == [OPENED]
    assert CREDIT_FILE.decide(after(OPENED), OpenCreditFile(onboarded_on=date(2026, 1, 10))) == []


def test_a_grade_and_its_limit_are_written_together():
    first = rating()
    assert CREDIT_FILE.decide(after(OPENED), first) == [first.graded, first.limited]


def test_the_next_rating_is_due_three_months_after_the_grade_clipped_to_the_months_end():
    assert after(OPENED, *assigned(rating(date(2025, 11, 30)))).review_due == date(2026, 2, 28)


def test_a_resumed_run_does_not_grade_a_dealer_twice():
    assert CREDIT_FILE.decide(after(OPENED, *assigned(rating())), rating()) == []


def test_a_grade_names_the_one_in_force_before_it():
    state = after(OPENED, *assigned(rating(grade=3)))
    later = date(2026, 6, 30)
    assert len(CREDIT_FILE.decide(state, rating(later, previous=3, run=NEXT_RUN))) == 2
    with pytest.raises(Refused, match="has changed since"):
        CREDIT_FILE.decide(state, rating(later, previous=2, run=NEXT_RUN))


def test_an_older_rating_never_replaces_a_newer_one():
    state = after(OPENED, *assigned(rating()))
    with pytest.raises(Refused, match="as of 2026-03-31"):
        CREDIT_FILE.decide(state, rating(date(2026, 3, 30), previous=3, run=NEXT_RUN))
    assert CREDIT_FILE.decide(state, rating(previous=3, run=NEXT_RUN)) != []


def test_a_limit_of_another_run_is_refused():
    with pytest.raises(Refused, match="together"):
        CREDIT_FILE.decide(after(OPENED), rating(limit_run=NEXT_RUN))


def test_a_review_opens_fourteen_days_before_it_is_due_and_once():
    state, due = after(OPENED), date(2026, 2, 9)
    opens = date(2026, 1, 26)
    assert CREDIT_FILE.decide(state, OpenReview(review_due=due, today=date(2026, 1, 25))) == []
    opened = CreditReviewOpened(review_due=due, opened_on=opens)
    assert CREDIT_FILE.decide(state, OpenReview(review_due=due, today=opens)) == [opened]
    assert CREDIT_FILE.decide(after(OPENED, opened), OpenReview(review_due=due, today=opens)) == []


def test_a_dealer_rated_in_the_meantime_has_no_review_at_the_old_date():
    state = after(OPENED, *assigned(rating(date(2026, 1, 20))))
    assert CREDIT_FILE.decide(state, OpenReview(review_due=date(2026, 2, 9), today=date(2026, 2, 9))) == []


def test_a_rating_closes_the_open_review_and_the_next_can_open():
    opened = CreditReviewOpened(review_due=date(2026, 2, 9), opened_on=date(2026, 1, 26))
    state = after(OPENED, opened, *assigned(rating(date(2026, 2, 1))))
    due = date(2026, 5, 1)
    assert CREDIT_FILE.decide(state, OpenReview(review_due=due, today=due)) != []


def test_a_file_opened_after_its_first_grade_keeps_the_later_due_date():
    assert after(*assigned(rating()), OPENED).review_due == date(2026, 6, 30)
