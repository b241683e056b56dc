"""A follow-up visit says what was found; of a policy's months some grades may have none."""

from datetime import date

import pytest

from credit_rating.domain.follow_up import ANSWERS, FOLLOW_UP, FollowUps, RecordFollowUp
from events import CreditFollowedUp
from events.decider import Refused

TODAY = date(2026, 6, 30)
SAID = "The shelves are full, and the books agree with it."
VISIT = RecordFollowUp(
    follow_up="00000000-0000-7000-8000-000000000001", visited_on=TODAY, use_of_credit=SAID, finances=SAID, stock=SAID,
    picture_holds=True, next_steps=SAID, by="li", today=TODAY,
)  # fmt: skip


def after(*visits):
    known = FollowUps()
    for each in visits:
        known = FOLLOW_UP.fold(known, FOLLOW_UP.decide(known, each))
    return known


def test_a_visit_is_recorded_with_everything_that_was_found_and_the_latest_day_counts():
    (told,) = FOLLOW_UP.decide(FollowUps(), VISIT)
    assert isinstance(told, CreditFollowedUp) and told.model_dump() == VISIT.model_dump(exclude={"today"})
    late = VISIT.model_copy(update={"visited_on": date(2026, 3, 1)})
    assert after(VISIT, late) == FollowUps(TODAY), "one that is entered late moves nothing back"


@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_says_something(name):
    with pytest.raises(Refused) as error:
        FOLLOW_UP.decide(FollowUps(), VISIT.model_copy(update={name: "all fine"}))
    assert (error.value.code, error.value.extras["fields"]) == ("nothing-written", [name])


def test_no_visit_of_tomorrow():
    with pytest.raises(Refused) as error:
        FOLLOW_UP.decide(FollowUps(), VISIT.model_copy(update={"visited_on": date(2026, 7, 1)}))
    assert error.value.code == "dates-implausible"


def test_the_policy_says_the_months_of_each_grade_and_absent_none(policy, policy_content):
    assert policy.follow_up is None
    asked = type(policy).read(policy_content() | {"follow_up": {"every_months": {"1": 6, "4": 3}}})
    assert asked.follow_up.every_months.by_grade == [6, None, None, 3, None]
    with pytest.raises(Refused) as error:
        type(policy).read(policy_content() | {"follow_up": {"every_months": {"6": 3}}})
    assert "follow_up" in str(error.value)
