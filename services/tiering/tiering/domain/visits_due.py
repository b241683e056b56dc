"""`rules.visits_due`: the same rule serves reporting too."""

from rules.visits_due import *  # noqa: F403
