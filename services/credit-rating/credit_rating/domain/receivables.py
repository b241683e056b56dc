"""`rules.receivables`: the same rule serves reporting too."""

from rules.receivables import *  # noqa: F403
