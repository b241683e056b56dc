"""What agents hold of ours at the end of each of the last months: a part of what was delivered in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from dealerlog.sample.calendar import LAST_DAY, months
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.draws import Draws
from dealerlog.sample.trading import Delivery, Line

REPORTED_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Stock:
    """One report of an agent, all of it consigned; an agent that nothing was delivered to reports nothing in stock."""

    dealer: Dealer
    on: date
    lines: tuple[Line, ...]
    number: str


def stock(seed: int, dealer: Dealer, sent: Sequence[Delivery]) -> Iterator[Stock]:
    """A report a month, by date; of who is no agent none."""
    if dealer.cooperation != "agent":
        return
    for month in months()[-REPORTED_MONTHS:]:
        draws = Draws(seed, "stock", dealer.number, month.compact)
        here = [each for each in sent if (each.on.year, each.on.month) == (month.year, month.number)]
        lines = here[-1].lines if here else ()
        left = [(each, each.quantity * draws.between(10, 40) // 100) for each in lines]
        held = tuple(Line(each.product, quantity, each.unit_price) for each, quantity in left if quantity)
        yield Stock(dealer, _end(month.year, month.number), held, f"KC{month.compact}{dealer.number}")


def _end(year: int, month: int) -> date:
    """The last day of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date.fromordinal(following.toordinal() - 1), LAST_DAY)
