"""Rounding and shares of money: exact inside, rounded once at the edge.

Source: domain.md 0: half up, to 2 places; a rate whose denominator is not above 0 is null.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

NOTHING = Decimal(0)
EXACT = Context(prec=60, rounding=ROUND_HALF_UP)
"""A context of our own: what a caller did to the thread's decimal context cannot change a decision."""


def rounded(amount: Decimal | Fraction, places: int = 2) -> Decimal:
    """`amount` rounded half up to `places` decimals."""
    if isinstance(amount, Decimal):
        return amount.quantize(Decimal(1).scaleb(-places, context=EXACT), context=EXACT)
    scale: int = 10**places
    sign, size = (-1, -amount) if amount < 0 else (1, amount)
    units = (size.numerator * scale * 2 + size.denominator) // (size.denominator * 2)
    return Decimal(sign * units).scaleb(-places, context=EXACT)


def rounded_down(amount: Fraction, unit: Decimal) -> Decimal:
    """The largest multiple of `unit` that is not above `amount`."""
    return EXACT.multiply(Decimal(amount // Fraction(unit)), unit)


def share(part: Decimal, whole: Decimal) -> Fraction | None:
    """`part` ÷ `whole`, exactly; None where `whole` is not above 0."""
    return Fraction(part) / Fraction(whole) if whole > 0 else None


def shown(rate: Fraction | None, places: int = 4) -> Decimal | None:
    """A rate as a decision records it; None stays None (shown as –)."""
    return None if rate is None else rounded(rate, places)
