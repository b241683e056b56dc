"""Exact decimals: one context that refuses to round, and one way to write a number.

Source: domain.md 0 (decimals, never floats); a decision must come out as the same bytes wherever it is derived.
"""

from __future__ import annotations

from decimal import Context, Decimal, Inexact

NOTHING = Decimal(0)
EXACT = Context(prec=60, traps=[Inexact])
"""Sums and products of money: 60 digits are more than any of them needs, and a rounded one raises `Inexact`."""


def plain_text(number: Decimal) -> str:
    """How identities and digests write a number; 2.550, 2.55 and 2.5500 are one text. Raises ValueError for NaN."""
    if not number.is_finite():
        raise ValueError(f"{number} is not a finite number")
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def plain(number: Decimal) -> Decimal:
    """The same number without trailing zeros and without an exponent: 1200.50 → 1200.5, 1.2E+3 → 1200."""
    return Decimal(plain_text(number))
