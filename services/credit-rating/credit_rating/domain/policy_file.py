"""The versions and drafts of the credit policy, under the rules of `rules.policy` and `rules.policy_drafts`."""

from events import (
    CreditPolicyDraftApproved,
    CreditPolicyDrafted,
    CreditPolicyDraftReturned,
    CreditPolicyDraftRevised,
    CreditPolicyDraftSubmitted,
    CreditPolicyDraftWithdrawn,
    CreditPolicyPublished,
)
from rules.policy_drafts import DraftEvents, policy_book

from .policy import CreditPolicy

POLICY_FILE = policy_book(
    "credit-rating",
    CreditPolicy,
    CreditPolicyPublished,
    DraftEvents(
        drafted=CreditPolicyDrafted,
        revised=CreditPolicyDraftRevised,
        submitted=CreditPolicyDraftSubmitted,
        returned=CreditPolicyDraftReturned,
        withdrawn=CreditPolicyDraftWithdrawn,
        approved=CreditPolicyDraftApproved,
    ),
)
