"""What became of each draft of the credit policy, step by step: what it says, who wrote, decided or gave it up.

Every event of the policy's stream is a row here or in `policy`, so that both together count its version.
"""

from eventlog.mapping import Same
from eventlog.projection import FactsTable, day, integer, json, text, uuid
from events import (
    CreditPolicyDraftApproved,
    CreditPolicyDrafted,
    CreditPolicyDraftReturned,
    CreditPolicyDraftRevised,
    CreditPolicyDraftSubmitted,
    CreditPolicyDraftWithdrawn,
)

policy_step = FactsTable(
    "policy_step",
    columns={
        "name": text,
        "draft": uuid,
        "step": text,
        "by": text,
        "said": text,
        "version": integer,
        "effective_from": day,
        "content": json,
        "hash": text,
    },
    indexes=[("draft",)],
)
WHICH = {"name": "name", "draft": "draft", "by": "by"}
WRITTEN = {
    "said": "note", "version": "version", "effective_from": "effective_from", "content": "content", "hash": "hash",
}  # fmt: skip

policy_step.copies(CreditPolicyDrafted, **WHICH, **WRITTEN, step=Same("drafted"))
policy_step.copies(CreditPolicyDraftRevised, **WHICH, **WRITTEN, step=Same("revised"))
policy_step.copies(CreditPolicyDraftSubmitted, **WHICH, step=Same("submitted"))
policy_step.copies(CreditPolicyDraftReturned, **WHICH, step=Same("returned"), said="reason")
policy_step.copies(CreditPolicyDraftWithdrawn, **WHICH, step=Same("withdrawn"), said="reason")
policy_step.copies(
    CreditPolicyDraftApproved, **WHICH, step=Same("approved"), said="opinion", version="version", hash="hash"
)
