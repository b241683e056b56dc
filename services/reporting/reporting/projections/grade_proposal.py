"""Every grade ever proposed, with all that was frozen for it; and who did what with it, the steps of reviews."""

from eventlog.mapping import SUBJECT, Given, Same, named
from eventlog.projection import FactsTable, day, integer, json, text, uuid
from events import (
    CreditGradeApproved,
    CreditGradeAudited,
    CreditGradeProposed,
    CreditGradeReturned,
    CreditReviewRejected,
)

FIELDS = ("proposal", "as_of", "grade", "previous_grade", "rule", "indicators", "overrides", "policy", "opinion",
          "proposed_by")  # fmt: skip

grade_proposal = FactsTable(
    "grade_proposal",
    columns={
        "dealer": uuid,
        "proposal": uuid,
        "as_of": day,
        "grade": integer,
        "previous_grade": integer,
        "rule": text,
        "indicators": json,
        "overrides": json,
        "limited": json,
        "policy": json,
        "opinion": text,
        "proposed_by": text,
    },
    scope="dealer",
    indexes=[("dealer", "as_of"), ("proposal",)],
)
grade_proposal.copies(CreditGradeProposed, dealer=SUBJECT, limited="limit", **named(FIELDS))

review_step = FactsTable(
    "review_step",
    columns={"dealer": uuid, "proposal": uuid, "step": text, "by": text, "acting_for": text, "said": text},
    scope="dealer",
    indexes=[("dealer", "proposal")],
)
STEP: dict[str, Given] = {"dealer": SUBJECT, "proposal": "proposal"}
DONE: dict[str, Given] = {**STEP, "by": "by", "acting_for": "acting_for"}

review_step.copies(CreditGradeProposed, **STEP, step=Same("proposed"), by="proposed_by", said="opinion")
review_step.copies(CreditGradeAudited, **DONE, step=Same("audited"), said="opinion")
review_step.copies(CreditGradeApproved, **DONE, step=Same("approved"), said="opinion")
review_step.copies(CreditGradeReturned, **DONE, step=Same("returned"), said="reason")
review_step.copies(CreditReviewRejected, **DONE, step=Same("rejected"), said="reason")
