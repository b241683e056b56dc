"""Unapplied cash: payments and credit notes of which something is left, with why (domain.md 2.2).

Money waits where it names an invoice that is not known (yet); else nothing was open that it could pay. It leaves the
inbox by itself once the invoice comes, or something falls to be paid; what names a wrong number is allocated later.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from .receivables import Left, Receivables

Why: TypeAlias = Literal["unknown-invoice", "nothing-open"]


class Unapplied(NamedTuple):
    """What is left of one document; `waiting` of it is for the invoices `waiting_for`. `entry`: its event's id."""

    on: date
    kind: str
    number: str
    source: str
    entry: str
    amount: Decimal
    waiting: Decimal
    waiting_for: tuple[str, ...]

    @property
    def why(self) -> Why:
        """Why it is not applied, at least in part."""
        return "unknown-invoice" if self.waiting > 0 else "nothing-open"


def unapplied(owed: Receivables) -> list[Unapplied]:
    """What is left of credits at the end of the as-of date, the oldest first."""
    own = {(item.invoice.source, item.invoice.number) for item in owed.items}
    bearing = Counter(item.invoice.number for item in owed.items)

    def unknown(source: str, number: str) -> bool:
        return (source, number) not in own and bearing[number] != 1

    def one(left: Left) -> Unapplied:
        credit = left.credit
        names = [named.invoice for named in credit.allocations if unknown(credit.source, named.invoice)]
        waiting_for = tuple(dict.fromkeys(names)) if left.held > 0 else ()
        return Unapplied(
            credit.on, credit.kind, credit.number, credit.source, credit.id, left.amount, left.held, waiting_for
        )

    return sorted((one(left) for left in owed.left), key=lambda each: (each.on, each.entry))
