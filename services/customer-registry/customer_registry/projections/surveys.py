"""Every survey's answers; the latest of a dealer is the one of the latest day."""

from __future__ import annotations

from typing import Any

from eventlog.projection import FactsTable, day, integer, money, text, uuid
from events import SurveyAnswered

survey = FactsTable(
    "survey",
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
ANSWERS = (
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


@survey.on(SurveyAnswered, uses=ANSWERS)
def answered(e: Any) -> dict[str, Any]:
    """One survey."""
    return {"dealer": e.subject} | {name: getattr(e.data, name) for name in ANSWERS}
