"""Flow of goods (货物流向): how much of what the dealer sells on stays in its territory."""

from __future__ import annotations

from ..money import rounded, share, shown
from ..policy.thresholds import IndicatorRules, Letter
from .declared import NO_HISTORY, Graded, Shown, Snapshot


def goods_flow(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """Sell-out inside the territory ÷ sell-out with a known place; too little known is no history (domain.md 3.1)."""
    rule, sold = rules.goods_flow, dealer.facts.sell_out
    inside = share(sold.inside, sold.known)

    def show() -> Shown:
        told = {"value": rounded(sold.value), "known": rounded(sold.known), "inside": rounded(sold.inside)}
        return Shown(shown(inside) if enough else None, told)

    enough = sold.known > 0 and sold.known >= rule.known * sold.value
    if not enough:
        return Graded(rules.no_history, show, NO_HISTORY)
    letter: Letter = "A" if sold.inside >= rule.A * sold.known else "B" if sold.inside >= rule.B * sold.known else "C"
    return Graded(letter, show)
