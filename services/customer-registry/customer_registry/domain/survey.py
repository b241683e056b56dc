"""The survey (资信调查): what a representative found at the dealer's, all of it or nothing (domain.md 2.3, 3.4)."""

from __future__ import annotations

from datetime import date

import msgspec

from events.catalogue import Event
from events.decider import Decider, Refused
from events.fields import Amount, Code, Id, Percent
from events.types.customer_registry import Licences, Nature, Premises, SurveyAnswered

from .command import Command, Today, not_in_future

OLDEST_FOUNDING = date(1800, 1, 1)


class AnswerSurvey(Command):
    """Every answer of one survey; a missing one blocks it, but for when the first licence expires.

    No person's hukou: only the class of the premises.
    """

    dealer: Id
    surveyed_on: date
    annual_turnover: Amount
    nature: Nature
    licences: Licences
    premises: Premises
    founded_on: date
    demand: Percent
    influence: Percent
    licences_expire_on: date | None = None
    by: Code
    today: Today


class Surveys(msgspec.Struct, frozen=True):
    """How many surveys there are, and the latest day of one."""

    answered: int = 0
    latest: date | None = None


def decide(surveys: Surveys, command: AnswerSurvey) -> list[Event]:
    """A survey may come late: each counts for its own day.

    Refused: date-in-future, founded-after-survey, founded-absurd.
    """
    not_in_future(command.surveyed_on, today=command.today, what="the survey")
    if command.founded_on > command.surveyed_on:
        raise Refused(
            "founded-after-survey",
            f"the business was founded on {command.founded_on}, after the survey of {command.surveyed_on}: correct one",
        )
    if command.founded_on < OLDEST_FOUNDING:
        raise Refused("founded-absurd", f"the business was founded on {command.founded_on}: check the year")
    answers = {name: value for name, value in command if name not in ("dealer", "today")}
    return [SurveyAnswered(**answers)]


def evolve(surveys: Surveys, event: Event) -> Surveys:
    """What is then so."""
    match event:
        case SurveyAnswered():
            latest = max(surveys.latest or event.surveyed_on, event.surveyed_on)
            return Surveys(surveys.answered + 1, latest)
        case _:
            return surveys


SURVEY = Decider(owner="customer-registry", category="survey", state=Surveys, decide=decide, evolve=evolve)
