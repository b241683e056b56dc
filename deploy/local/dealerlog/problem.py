"""The one exception the command line shows as a single line instead of a traceback."""

from __future__ import annotations


class Problem(Exception):
    """What is wrong, what to do about it, and where the log is: one line for a person at a terminal."""
