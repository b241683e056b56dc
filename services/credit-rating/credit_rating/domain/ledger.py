"""`rules.ledger`: the same rule serves reporting too."""

from rules.ledger import *  # noqa: F403
