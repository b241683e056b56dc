"""Surveys as facts: the five indicators that the ledger does not give, and the dealer's own turnover."""

from typing import Any

from eventlog.projection import FactsTable, day, money, text, uuid
from events import SurveyAnswered

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
    },
    scope="dealer",
    indexes=[("dealer",)],
)


@survey_answer.on(
    SurveyAnswered, uses=("surveyed_on", "annual_turnover", "nature", "licences", "premises", "founded_on")
)
def answered(e: Any) -> dict[str, Any]:
    """One answered survey."""
    return {
        "dealer": e.subject,
        "surveyed_on": e.data.surveyed_on,
        "annual_turnover": e.data.annual_turnover,
        "nature": e.data.nature,
        "licences": e.data.licences,
        "premises": e.data.premises,
        "founded_on": e.data.founded_on,
    }
