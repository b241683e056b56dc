"""What dealers are measured by: the sums of their sale lines in a window.

Source: domain.md 3.2. The population is every dealer with at least one line in the window, a return included; a line
that was reversed is no line. The same sums may come from one GROUP BY over the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec

from .exact import EXACT, NOTHING
from .policy import SalesMeasure
from .windows import Window


class Line(msgspec.Struct, frozen=True, gc=False):
    """A sale line as the log has it: `id` is its event's; `amount` is positive, `returned` takes it off."""

    id: str
    dealer: str
    amount: Decimal
    sold_on: date
    returned: bool = False


class LineReversal(msgspec.Struct, frozen=True, gc=False):
    """The line with this event id was taken back; as a correction of what is known, it counts whenever it came."""

    line: str


def measures(facts: Iterable[Line | LineReversal], window: Window, measure: SalesMeasure) -> dict[str, Decimal]:
    """By dealer, sales − returns in the window, or sales alone; in any order of facts, a fact given once."""
    facts = list(facts)
    taken_back = {fact.line for fact in facts if isinstance(fact, LineReversal)}
    sums: dict[str, Decimal] = {}
    for fact in facts:
        if isinstance(fact, Line) and fact.sold_on in window and fact.id not in taken_back:
            sums[fact.dealer] = EXACT.add(sums.get(fact.dealer, NOTHING), _weight(fact, measure))
    return sums


def _weight(line: Line, measure: SalesMeasure) -> Decimal:
    match measure, line.returned:
        case _, False:
            return line.amount
        case "net_sales", True:
            return -line.amount
        case _:
            return NOTHING
