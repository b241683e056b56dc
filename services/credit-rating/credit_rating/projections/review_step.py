"""What every review went through: who proposed, audited, approved, returned or rejected what, and for whom."""

from eventlog.mapping import SUBJECT, Given, Same
from eventlog.projection import FactsTable, integer, json, text, uuid
from events import (
    CreditGradeApproved,
    CreditGradeAudited,
    CreditGradeProposed,
    CreditGradeReturned,
    CreditReviewRejected,
)

review_step = FactsTable(
    "review_step",
    columns={
        "dealer": uuid,
        "proposal": uuid,
        "step": text,
        "by": text,
        "acting_for": text,
        "said": text,
        "grade": integer,
        "overrides": json,
    },
    scope="dealer",
    indexes=[("dealer", "sequence"), ("proposal",)],
)
STEP: dict[str, Given] = {"dealer": SUBJECT, "proposal": "proposal"}
DONE: dict[str, Given] = {**STEP, "by": "by", "acting_for": "acting_for"}

review_step.copies(
    CreditGradeProposed,
    **STEP,
    step=Same("proposed"),
    by="proposed_by",
    said="opinion",
    grade="grade",
    overrides="overrides",
)
review_step.copies(CreditGradeAudited, **DONE, step=Same("audited"), said="opinion")
review_step.copies(CreditGradeApproved, **DONE, step=Same("approved"), said="opinion")
review_step.copies(CreditGradeReturned, **DONE, step=Same("returned"), said="reason")
review_step.copies(CreditReviewRejected, **DONE, step=Same("rejected"), said="reason")

CURRENT = """(
    select run from run where completed union all select proposal from review_step where step = 'approved'
) as r"""
"""Whose grades and limits are current: those of completed runs and of approved proposals, which they name as run."""
