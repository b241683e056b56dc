"""`rules.ageing`: the same rule serves reporting too."""

from rules.ageing import *  # noqa: F403
