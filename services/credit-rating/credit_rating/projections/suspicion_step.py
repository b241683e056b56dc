"""What was reported of a dealer's papers, and what became of it: the last step of each report says how it stands.

`step`: reported, confirmed, dismissed, cleared; `dated` is its business date.
"""

from eventlog.mapping import SUBJECT, Given, Same
from eventlog.projection import FactsTable, day, text, uuid
from events import SuspicionCleared, SuspicionConfirmed, SuspicionDismissed, SuspiciousPaperReported

suspicion_step = FactsTable(
    "suspicion_step",
    columns={
        "dealer": uuid,
        "suspicion": uuid,
        "step": text,
        "paper": text,
        "number": text,
        "said": text,
        "file": text,
        "dated": day,
        "by": text,
    },
    scope="dealer",
    indexes=[("dealer", "sequence"), ("suspicion",), ("step", "dated")],
)
STEP: dict[str, Given] = {
    "dealer": SUBJECT, "suspicion": "suspicion", "paper": "paper", "number": "number", "said": "reason", "by": "by",
}  # fmt: skip

suspicion_step.copies(SuspiciousPaperReported, **STEP, step=Same("reported"), dated="reported_on", file="file")
suspicion_step.copies(SuspicionConfirmed, **STEP, step=Same("confirmed"), dated="settled_on")
suspicion_step.copies(SuspicionDismissed, **STEP, step=Same("dismissed"), dated="settled_on")
suspicion_step.copies(SuspicionCleared, **STEP, step=Same("cleared"), dated="cleared_on")
