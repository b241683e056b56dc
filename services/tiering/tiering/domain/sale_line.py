"""What makes a sale line the same line, whichever file brings it and in whatever order.

Source: domain.md 0: (source system, invoice, product, quantity, unit price, k-th such line of that invoice).
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from .exact import plain_text


class SaleLine(NamedTuple):
    """A line as its source writes it: `quantity` is negative in a return, so that a return is never its own sale."""

    source: str
    invoice: str
    product: str
    quantity: Decimal
    unit_price: Decimal

    def identity(self, line: int) -> tuple[str, ...]:
        """The natural key of the `line`-th such line of its invoice: the parts of its command id."""
        return (
            "sale-line",
            self.source,
            self.invoice,
            self.product,
            plain_text(self.quantity),
            plain_text(self.unit_price),
            str(line),
        )


class EqualLines:
    """Counts the equal lines of each invoice in one file: the first is 1, the next equal one 2.

    Holds 16 bytes of hash and a count for every different line, about 150 bytes each.
    """

    def __init__(self) -> None:
        self._seen: Counter[bytes] = Counter()

    def number(self, line: SaleLine) -> int:
        """Which of its equal lines this one is, counted from 1."""
        key = blake2b("\x1f".join(line.identity(0)).encode(), digest_size=16).digest()
        self._seen[key] += 1
        return self._seen[key]
