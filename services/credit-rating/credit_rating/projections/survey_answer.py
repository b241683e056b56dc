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
        "licences_expire_on": day,
    },
    scope="dealer",
    indexes=[("dealer",)],
)


ANSWERS = (
    "surveyed_on", "annual_turnover", "nature", "licences", "premises", "founded_on", "licences_expire_on",
)  # fmt: skip


@survey_answer.on(SurveyAnswered, uses=ANSWERS)
def answered(e: Any) -> dict[str, Any]:
    """One answered survey."""
    return {"dealer": e.subject, **{name: getattr(e.data, name) for name in ANSWERS}}
