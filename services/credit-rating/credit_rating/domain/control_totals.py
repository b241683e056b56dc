"""Control totals that a source system hands in, and how they compare with what is here (domain.md 4, completeness).

A source says for a month and a kind of document how many there are, what they come to, and which numbers it gave out.
What was said last counts; what is the same as before is not said again.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict

from events import ControlTotalsReceived, Event
from events.decider import Decider, Refused
from events.types.ledger import EntryKind

from .calendar_window import month_of
from .missing_numbers import numbered
from .period import month_named

MOST_SOURCES = 50
"""Sources of one month; each has at most one total a kind."""
State = Literal["equal", "differs", "not_handed_in"]


class ControlTotal(BaseModel):
    """What a source says of one kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: EntryKind
    documents: int
    amount: Decimal
    first_number: str | None = None
    last_number: str | None = None


class HandIn(BaseModel):
    """What a source says of a month; kinds that it does not name stay as they were said before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    period: str
    totals: tuple[ControlTotal, ...]
    by: str
    today: date


class Handed(msgspec.Struct, frozen=True):
    """The last total of each source and kind in a month."""

    totals: dict[str, dict[str, Any]] = {}


def key(period: str) -> str:
    """The key of a month's stream."""
    return f"control-{period}"


def decide(handed: Handed, command: HandIn) -> list[Event]:
    """What happens on a command. Refused: future-date, kind-twice, range-implausible, too-many-sources."""
    if month_named(command.period) > month_of(command.today):
        raise Refused("future-date", f"{command.period} has not begun.")
    if len({total.kind for total in command.totals}) < len(command.totals):
        raise Refused("kind-twice", "One kind is said twice: say each once.")
    if command.source not in handed.totals and len(handed.totals) >= MOST_SOURCES:
        raise Refused("too-many-sources", f"At most {MOST_SOURCES} sources are known in a month.")
    said = handed.totals.get(command.source, {})
    for total in command.totals:
        _plausible(total)
    return [
        ControlTotalsReceived(
            source=command.source, period=command.period, **total.model_dump(), by=command.by
        )
        for total in command.totals
        if said.get(total.kind) != _kept(total)
    ]  # fmt: skip


def evolve(handed: Handed, event: Event) -> Handed:
    """What is then so."""
    match event:
        case ControlTotalsReceived(source=source, kind=kind):
            return Handed(handed.totals | {source: handed.totals.get(source, {}) | {kind: _kept(event)}})
        case _:
            return handed


def _kept(total: ControlTotal | ControlTotalsReceived) -> list[Any]:
    return [total.documents, str(total.amount.quantize(Decimal("0.01"))), total.first_number, total.last_number]


def _plausible(total: ControlTotal) -> None:
    first, last = total.first_number, total.last_number
    if (first is None) != (last is None):
        raise Refused("range-implausible", f"{total.kind}: say the first and the last number, or neither.")
    if first is None or last is None:
        return
    low, high = numbered(first), numbered(last)
    if low is None or high is None or low.prefix != high.prefix or low.place > high.place:
        raise Refused("range-implausible", f"{total.kind}: {first} to {last} count up under no one prefix.")


class Compared(NamedTuple):
    """One source, month and kind: ours less what was taken back, theirs (None: not handed in), what is not here."""

    documents: int
    amount: Decimal
    their_documents: int | None
    their_amount: Decimal | None
    missing: int | None

    @property
    def state(self) -> State:
        """Equal only where count, sum and every number agree."""
        if self.their_documents is None:
            return "not_handed_in"
        agree = self.documents == self.their_documents and self.amount == self.their_amount and not self.missing
        return "equal" if agree else "differs"


CONTROL_TOTALS = Decider(owner="credit-rating", category="control", state=Handed, decide=decide, evolve=evolve)
