"""Surveys as facts: what a representative found at the dealer's."""

from eventlog.mapping import SUBJECT, named
from eventlog.projection import FactsTable, day, integer, money, text, uuid
from events import SurveyAnswered

FIELDS = (
    "surveyed_on",
    "annual_turnover",
    "nature",
    "licences",
    "premises",
    "founded_on",
    "demand",
    "influence",
    "licences_expire_on",
    "by",
)

survey_answer = FactsTable(
    "survey_answer",
    columns={
        "dealer": uuid,
        "surveyed_on": day,
        "annual_turnover": money,
        "nature": text,
        "licences": text,
        "premises": text,
        "founded_on": day,
        "demand": integer,
        "influence": integer,
        "licences_expire_on": day,
        "by": text,
    },
    scope="dealer",
    indexes=[("dealer", "surveyed_on")],
)

survey_answer.copies(SurveyAnswered, dealer=SUBJECT, **named(FIELDS))
