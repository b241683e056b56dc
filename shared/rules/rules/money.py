"""Rounding and shares of money: exact inside, rounded once at the edge.

Source: domain.md 0: half up, to 2 places; a rate whose denominator is not above 0 is null.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from functools import lru_cache

NOTHING = Decimal(0)
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""A context of our own: what a caller did to the thread's decimal context cannot change a decision."""


def rounded(amount: Decimal | Fraction, places: int = 2) -> Decimal:
    """`amount` rounded half up to `places` decimals."""
    if type(amount) is Decimal:
        return amount.quantize(_smallest(places), context=EXACT)
    numerator, denominator = amount.as_integer_ratio()
    units: int = (abs(numerator) * 10**places * 2 + denominator) // (denominator * 2)
    return Decimal(-units if numerator < 0 else units).scaleb(-places, context=EXACT)


@lru_cache
def _smallest(places: int) -> Decimal:
    return Decimal(1).scaleb(-places, context=EXACT)


def over(amount: Decimal, parts: int) -> Fraction:
    """`amount` ÷ `parts`, exactly."""
    numerator, denominator = amount.as_integer_ratio()
    return Fraction(numerator, denominator * parts)


def share(part: Decimal, whole: Decimal) -> Fraction | None:
    """`part` ÷ `whole`, exactly; None where `whole` is not above 0."""
    if whole <= 0:
        return None
    (a, b), (c, d) = part.as_integer_ratio(), whole.as_integer_ratio()
    return Fraction(a * d, b * c)


def shown(rate: Fraction | None, places: int = 4) -> Decimal | None:
    """A rate as a decision records it; None stays None (shown as –)."""
    return None if rate is None else rounded(rate, places)
