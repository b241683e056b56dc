"""The published versions of the tiering policy, under the rules of `rules.policy`."""

from events.types.tiering import TieringPolicyPublished
from rules.policy import policy_file

from .policy import TieringPolicy

POLICY_FILE = policy_file("tiering", TieringPolicy, TieringPolicyPublished)
