"""A month of the ledger: closed by somebody entitled, and opened again with a reason (domain.md 2.1).

A closed month takes late facts all the same. What is late is no mark on a fact but its place in the log: behind the cut
of the last closing, and not behind one of an opening that came after it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeAlias

import msgspec
from pydantic import BaseModel, ConfigDict

from events import Event, PeriodClosed, PeriodReopened
from events.decider import Decider, Refused

from .calendar_window import Month, month_end

Cut = dict[str, dict[str, int]]


class Command(BaseModel):
    """What is asked of a month."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ClosePeriod(Command):
    """Close the month `period` (2026-03); `cut` is what the ledger holds by now."""

    period: str
    cut: Cut
    by: str
    today: date


class ReopenPeriod(Command):
    """Open it again."""

    period: str
    cut: Cut
    by: str
    reason: str


PeriodCommand: TypeAlias = ClosePeriod | ReopenPeriod


class Period(msgspec.Struct, frozen=True):
    """Whether the month is closed."""

    closed: bool = False


def decide(period: Period, command: PeriodCommand) -> list[Event]:
    """What happens on a command. Refused: month-not-over, period-closed, period-open."""
    match command:
        case ClosePeriod() if period.closed:
            raise Refused("period-closed", f"{command.period} is closed already.")
        case ClosePeriod() if (last := month_end(month_named(command.period))) >= command.today:
            raise Refused("month-not-over", f"{command.period} ends on {last}: close it on a later day.")
        case ClosePeriod():
            return [PeriodClosed(period=command.period, cut=command.cut, by=command.by)]
        case ReopenPeriod() if not period.closed:
            raise Refused("period-open", f"{command.period} is open: there is nothing to open again.")
        case ReopenPeriod():
            return [
                PeriodReopened(period=command.period, cut=command.cut, by=command.by, reason=command.reason),
            ]


def evolve(period: Period, event: Any) -> Period:
    """What is then so."""
    match event:
        case PeriodClosed():
            return Period(closed=True)
        case PeriodReopened():
            return Period(closed=False)
        case _:
            return period


def month_named(period: str) -> Month:
    """The calendar month that `2026-03` names."""
    year, _, month = period.partition("-")
    return int(year) * 12 + int(month) - 1


PERIOD = Decider(owner="credit-rating", category="period", state=Period, decide=decide, evolve=evolve)
