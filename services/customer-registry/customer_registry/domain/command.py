"""What every command of the registry has in common."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from events.decider import Refused

Today = Annotated[date, Field(exclude=True)]
"""The business date on which a command is handled: an argument of the rule, no part of the request or of its hash."""
OwnCode = Annotated[str, Field(pattern=r"^\w[\w.@+-]{0,63}$")]
"""A code or login that we give ourselves: it names a stream, so it holds neither spaces nor slashes."""


class Command(BaseModel):
    """A wish, checked for shape and range; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def not_in_future(day: date, *, today: date, what: str) -> None:
    """Refuse a day more than one after today (clocks and time zones differ by less). Raises Refused: date-in-future."""
    if day > today + timedelta(days=1):
        raise Refused("date-in-future", f"{what} is {day}, more than a day after {today}: correct the date")
