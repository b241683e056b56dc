"""The window that a classification looks at: full months, or two days that somebody named.

Source: domain.md 0 (a full month has its last day on or before the as-of date) and 3.2.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from events.decider import Refused
from rules.periods import month_end as month_end

LONGEST_WINDOW_DAYS = 3660
"""Ten years: more is a slip."""


class Window(NamedTuple):
    """From the first day to the last, both inside."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


def last_full_months(as_of: date, months: int = 12) -> Window:
    """The window of the last `months` full months at the end of `as_of`: as of 30 March up to February."""
    if months < 1:
        raise ValueError("a window has at least one month")
    last = (as_of + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    year, month = divmod(last.year * 12 + last.month - months, 12)
    return Window(date(year, month + 1, 1), last)


def explicit_window(first: date, last: date, *, today: date) -> Window:
    """The window [first, last] as somebody named it.

    Raises Refused: window-reversed, window-too-long, window-in-future (it would be called a year and hold less).
    """
    if last < first:
        raise Refused("window-reversed", f"the window ends on {last}, before it begins on {first}: swap the two days")
    if (last - first).days > LONGEST_WINDOW_DAYS:
        raise Refused("window-too-long", "a window spans at most ten years: choose a later first day")
    if last > today:
        raise Refused("window-in-future", f"the window ends on {last}, after today {today}: choose an earlier last day")
    return Window(first, last)
