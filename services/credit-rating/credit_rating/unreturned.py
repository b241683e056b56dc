"""Reservations that invoices used which were taken back since, and that their orders are still to be given back.

The reaction gives them back a moment later. Until then neither the receivables nor the orders hold the amount: a check
in that moment would spend it twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from eventlog.connection import Connection
from rules.entries import Invoice, LedgerEntry, Reversal
from rules.money import NOTHING

USED = """
select o.dealer, o.number, o.used from orders o
join unnest($1::uuid[], $2::text[]) as asked (dealer, number) using (dealer, number) where o.state = 'released'
"""


async def unreturned(conn: Connection, ledgers: Mapping[UUID, Sequence[LedgerEntry]]) -> dict[UUID, Decimal]:
    """By dealer, what its released orders count as invoiced beyond its invoices that stand, in the same snapshot."""
    asked = [(dealer, order) for dealer, entries in ledgers.items() for order in _taken_back(entries)]
    if not asked:
        return {}
    found: dict[UUID, Decimal] = defaultdict(Decimal)
    for dealer, number, used in await conn.fetch(USED, *zip(*asked, strict=True)):
        found[dealer] += max(NOTHING, used - _standing(ledgers[dealer], number))
    return found


def _taken_back(entries: Sequence[LedgerEntry]) -> set[str]:
    """Orders of which an invoice was taken back."""
    reversed_ = {each.entry for each in entries if isinstance(each, Reversal)}
    return {each.order for each in entries if isinstance(each, Invoice) and each.order and each.id in reversed_}


def _standing(entries: Sequence[LedgerEntry], order: str) -> Decimal:
    """What the invoices of an order that were not taken back come to."""
    reversed_ = {each.entry for each in entries if isinstance(each, Reversal)}
    return sum(
        (e.amount for e in entries if isinstance(e, Invoice) and e.order == order and e.id not in reversed_), NOTHING
    )
