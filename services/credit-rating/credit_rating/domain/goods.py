"""Goods that moved, and how much of their value stayed in the dealer's own territory (domain.md 2.3, 3.1)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

from .money import NOTHING

Direction: TypeAlias = Literal["sell_in", "sell_out"]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What moved on a day to one territory (None: not known where to), returns taken off; value without VAT."""

    on: date
    direction: Direction
    territory: str | None
    value: Decimal


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Value that a dealer sold on, or else that was delivered to it: in all, with a known territory, inside its own.

    `basis` None: nothing is known of any. Of deliveries only those to a known territory are kept: `value` = `known`.
    """

    basis: Literal["sell_out", "deliveries"] | None = None
    value: Decimal = NOTHING
    known: Decimal = NOTHING
    inside: Decimal = NOTHING


def flow(goods: Iterable[Moved], territory: str, first: date, last: date) -> Flow:
    """The flow of goods from `first` to `last`, both included: of sell-out if there was any, else of deliveries."""
    here = [each for each in goods if first <= each.on <= last]
    sold_on = [each for each in here if each.direction == "sell_out"]
    counted = sold_on or here
    if not counted:
        return Flow()
    known = [each for each in counted if each.territory is not None]
    return Flow(
        basis="sell_out" if sold_on else "deliveries",
        value=_sum(counted),
        known=_sum(known),
        inside=_sum(each for each in known if each.territory == territory),
    )


def _sum(goods: Iterable[Moved]) -> Decimal:
    return sum((each.value for each in goods), NOTHING)
