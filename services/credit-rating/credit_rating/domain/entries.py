"""`rules.entries`: the same rule serves reporting too."""

from rules.entries import *  # noqa: F403
