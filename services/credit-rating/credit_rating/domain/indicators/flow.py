"""Flow of goods (货物流向): how much of what the dealer sells on stays in its territory."""

from __future__ import annotations

from ..money import rounded, share, shown
from ..policy.thresholds import IndicatorRules, Letter
from .declared import Graded, Snapshot, no_history


def goods_flow(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """Sell-out inside the territory ÷ sell-out with a known place; too little known is no history (domain.md 3.1)."""
    rule, sold = rules.goods_flow, dealer.facts.sell_out
    inputs = {"value": rounded(sold.value), "known": rounded(sold.known), "inside": rounded(sold.inside)}
    if sold.known <= 0 or sold.known < rule.known * sold.value:
        return no_history(rules, **inputs)
    letter: Letter = "A" if sold.inside >= rule.A * sold.known else "B" if sold.inside >= rule.B * sold.known else "C"
    return Graded(letter, shown(share(sold.inside, sold.known)), inputs)
