"""`rules.money`: the same rule serves reporting too."""

from rules.money import *  # noqa: F403
