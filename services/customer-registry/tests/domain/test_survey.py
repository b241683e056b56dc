"""The survey: every answer, within bounds, and no business founded after it was surveyed (domain.md 2.3)."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from customer_registry.domain.survey import SURVEY, AnswerSurvey, Surveys
from events.decider import Refused
from events.types.customer_registry import SurveyAnswered

ANSWERS: dict[str, Any] = {
    "surveyed_on": "2026-03-01",
    "annual_turnover": "4500000.00",
    "nature": "company",
    "licences": "complete_valid",
    "premises": "local_leased",
    "founded_on": "2019-05-01",
    "demand": 70,
    "influence": 0,
    "by": "wei.lin",
}
ASKED = {"dealer": "0190b0c0-0000-7000-8000-000000000001", "today": "2026-03-02"}


def answered(**changed: Any) -> SurveyAnswered:
    (event,) = SURVEY.decide(Surveys(), AnswerSurvey.model_validate(ANSWERS | ASKED | changed))
    assert isinstance(event, SurveyAnswered)
    return event


def test_an_answered_survey_is_its_answers():
    assert answered() == SurveyAnswered.model_validate(ANSWERS)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_missing_answer_blocks_it(answer):
    with pytest.raises(ValidationError, match=answer):
        AnswerSurvey.model_validate({k: v for k, v in (ANSWERS | ASKED).items() if k != answer})


@pytest.mark.parametrize(
    "wrong",
    [
        {"demand": 101},
        {"influence": -1},
        {"annual_turnover": "-1"},
        {"annual_turnover": "1000000000000"},
        {"annual_turnover": 4500000.5},
        {"nature": "friend"},
        {"premises": "local hukou"},
        {"hukou": "local"},
    ],
)
def test_an_answer_out_of_bounds_is_refused(wrong):
    with pytest.raises(ValidationError):
        AnswerSurvey.model_validate(ANSWERS | ASKED | wrong)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"founded_on": "2026-03-02"}, "founded-after-survey"),
        ({"founded_on": "1019-05-01"}, "founded-absurd"),
        ({"surveyed_on": "2026-03-04"}, "date-in-future"),
    ],
)
def test_dates_that_cannot_be_are_refused(changed, code):
    with pytest.raises(Refused, match=code):
        answered(**changed)


def test_a_business_may_be_surveyed_on_the_day_it_was_founded():
    assert answered(founded_on="2026-03-01").founded_on == date(2026, 3, 1)


def test_a_late_survey_counts_for_its_own_day_and_does_not_move_the_latest():
    state = SURVEY.fold(Surveys(), [answered(), answered(surveyed_on="2025-09-01")])
    assert state == Surveys(2, date(2026, 3, 1))
