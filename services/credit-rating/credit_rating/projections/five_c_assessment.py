"""5C assessments as facts: a rating reads the latest within its cut."""

from typing import Any

from credit_rating.domain.five_c import CS
from eventlog.projection import FactsTable, day, integer, json, money, text, uuid
from events import FiveCAssessed

five_c_assessment = FactsTable(
    "five_c_assessment",
    columns={
        "dealer": uuid,
        "assessment": uuid,
        "assessed_on": day,
        **dict.fromkeys(CS, integer),
        "total": money,
        "scores": json,
        "policy": json,
        "comment": text,
        "by": text,
    },
    scope="dealer",
    indexes=[("dealer", "sequence"), ("assessment",)],
)
SAID = ("assessment", "assessed_on", "total", "scores", "policy", "comment", "by")


@five_c_assessment.on(FiveCAssessed, uses=SAID)
def assessed(e: Any) -> dict[str, Any]:
    """Scores as columns for a rating, and whole, with their evidence, for a reader."""
    scores = {name: getattr(e.data.scores, name).score for name in CS}
    return {"dealer": e.subject, **scores, **{name: getattr(e.data, name) for name in SAID}}
