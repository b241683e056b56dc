"""The published versions of the credit policy, under the rules of `rules.policy`."""

from events import CreditPolicyPublished
from rules.policy import policy_file

from .policy import CreditPolicy

POLICY_FILE = policy_file("credit-rating", CreditPolicy, CreditPolicyPublished)
