"""`rules.disputes`: the same rule serves reporting too."""

from rules.disputes import *  # noqa: F403
