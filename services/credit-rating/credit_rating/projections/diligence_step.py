"""What every due diligence went through, step by step: facts, of which a limit reads the approved ones within its cut.

`step`: opened, answered, stated (the opinion), submitted, approved, returned, rejected. `dated` is its business date.
"""

from eventlog.mapping import BUSINESS_DATE, SUBJECT, Given, Same
from eventlog.projection import FactsTable, day, json, money, text, uuid
from events import (
    DueDiligenceAnswered,
    DueDiligenceApproved,
    DueDiligenceOpened,
    DueDiligenceRejected,
    DueDiligenceReturned,
    DueDiligenceSubmitted,
    FeasibilityStated,
)

diligence_step = FactsTable(
    "diligence_step",
    columns={
        "dealer": uuid,
        "diligence": uuid,
        "step": text,
        "dated": day,
        "item": text,
        "finding": text,
        "limit": money,
        "opinion": text,
        "conditions": text,
        "said": text,
        "files": json,
        "by": text,
        "acting_for": text,
    },
    scope="dealer",
    indexes=[("dealer", "sequence"), ("diligence",)],
)
STEP: dict[str, Given] = {"dealer": SUBJECT, "diligence": "diligence", "by": "by"}
DECIDED: dict[str, Given] = {**STEP, "acting_for": "acting_for"}

diligence_step.copies(DueDiligenceOpened, **STEP, step=Same("opened"), dated="opened_on", said="purpose")
diligence_step.copies(
    DueDiligenceAnswered,
    **STEP,
    step=Same("answered"),
    dated=BUSINESS_DATE,
    item="item",
    finding="finding",
    said="comment",
    files="files",
)
diligence_step.copies(
    FeasibilityStated,
    **STEP,
    step=Same("stated"),
    dated=BUSINESS_DATE,
    limit="limit",
    opinion="opinion",
    conditions="conditions",
    said="reason",
)
diligence_step.copies(
    DueDiligenceSubmitted, **STEP, step=Same("submitted"), dated="submitted_on", limit="limit", opinion="opinion"
)
diligence_step.copies(
    DueDiligenceApproved,
    **DECIDED,
    step=Same("approved"),
    dated="approved_on",
    limit="limit",
    opinion="opinion",
    conditions="conditions",
    said="note",
)
diligence_step.copies(DueDiligenceReturned, **DECIDED, step=Same("returned"), dated=BUSINESS_DATE, said="reason")
diligence_step.copies(DueDiligenceRejected, **DECIDED, step=Same("rejected"), dated=BUSINESS_DATE, said="reason")
