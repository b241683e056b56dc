"""`rules.periods`: the same rule serves reporting too."""

from rules.periods import *  # noqa: F403
