"""Flow of goods (货物流向): how much of what the dealer sells on stays in its territory."""

from __future__ import annotations

from typing import Final

import msgspec

from ..calendar_window import months_window
from ..goods import Flow, flow
from ..money import EXACT, rounded, share, shown
from ..policy.thresholds import IndicatorRules, Letter
from .declared import NO_HISTORY, Graded, Shown, Snapshot, once

WINDOW_MONTHS: Final = 12


def goods_flow(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """Value shipped inside the own territory ÷ value with a known one; too little known is no history (domain.md 3.1).

    Of sell-out; where nothing was sold on, of deliveries, which are held against what was invoiced to the dealer.
    """
    rule, moved = rules.goods_flow, _moved(dealer)

    def show() -> Shown:
        inside = share(moved.inside, moved.known)
        told = {"value": rounded(moved.value), "known": rounded(moved.known), "inside": rounded(moved.inside)}
        of = {"basis": moved.basis, "territory": dealer.facts.territory} if moved.basis else {}
        return Shown(shown(inside) if enough else None, told | of)

    enough = moved.known > 0 and moved.known >= EXACT.multiply(rule.known, moved.value)
    if not enough:
        return Graded(rules.no_history, show, NO_HISTORY)
    stays = moved.inside
    a, b = EXACT.multiply(rule.A, moved.known), EXACT.multiply(rule.B, moved.known)
    letter: Letter = "A" if stays >= a else "B" if stays >= b else "C"
    return Graded(letter, show)


@once
def _moved(dealer: Snapshot) -> Flow:
    """Of the window. Deliveries to unknown places are not kept: what was invoiced, tax included, tells of them."""
    window = months_window(dealer.as_of, WINDOW_MONTHS)
    moved = flow(dealer.facts.goods, dealer.facts.territory, *window)
    if moved.basis != "deliveries":
        return moved
    return msgspec.structs.replace(moved, value=max(moved.known, dealer.ledger.between(*window)))
