"""Ledgers within a cut as entries for `rules.receivables`, and what many of them come to at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from reporting.reading.standpoint import AT, Standpoint, within
from rules.ageing_of_many import WHOLE_LEDGERS, Asked, ageing_of_these
from rules.entries import LedgerEntry
from rules.ledger_rows import by_dealer
from rules.receivables import receivables

LATE = f"""coalesce((
    select s.kind = 'closed' from period_step s
    where s.period = to_char(coalesce(e.dated, (
            select t.dated from ledger_entry t where t.dealer = e.dealer and t.event = e.reversed
        )), 'YYYY-MM') and {within("s", "credit")}
        and coalesce((s.cut -> 'credit-rating' ->> e.partition::text)::bigint, 0) < e.sequence
    order by s.sequence desc limit 1
), false)"""
"""Whether the month of an entry `e` was closed when it came; that of a reversal is its entry's."""
ENTRIES = f"""{AT}
select e.dealer, e.kind, e.event, e.origin, e.number, e.amount, e.dated, e.due_on, e.method, e.term_days,
    e.order_number, e.invoice, e.allocations, e.outcome, e.reversed, e.allocates, e.reason, e.source, e.partition,
    e.sequence, e.recorded_at
from ledger_entry e where e.dealer = any($5) and {within("e", "credit")}
order by e.dealer, e.sequence
"""
LATE_ENTRIES = f"{AT} select e.event from ledger_entry e where e.dealer = $5 and {within('e', 'credit')} and {LATE}"
LedgerKey = tuple[UUID, date, int, int]
"""Dealer, as-of date, last sequence and number of its entries: a published history never changes, so this names it."""
Ledgers = Mapping[UUID, tuple[int, int]]
"""Dealer → last sequence and number of its entries."""


class Owed(NamedTuple):
    """What a dealer owes, and what bills settled that are not money yet."""

    balance: Decimal
    unmatured_bills: Decimal


class LedgerMemory:
    """What ledgers came to at a day, remembered: a list of dealers asks for the same ones all day."""

    def __init__(self, most: int = 200_000) -> None:
        self._overdue: dict[LedgerKey, Decimal] = {}
        self._owed: dict[LedgerKey, Owed] = {}
        self._most = most

    async def overdue(self, conn: Any, at: Standpoint, ledgers: Ledgers) -> dict[UUID, Decimal]:
        """Overdue amounts of these dealers."""
        keys = _keys(at, ledgers)
        unknown = [dealer for dealer, key in keys.items() if key not in self._overdue]
        if unknown:
            for dealer, columns in (await _aged(conn, at, unknown)).items():
                self._remember(self._overdue, keys[dealer], columns[1])
        return {dealer: self._overdue.get(key, Decimal(0)) for dealer, key in keys.items()}

    async def owed(self, conn: Any, at: Standpoint, ledgers: Ledgers) -> dict[UUID, Owed]:
        """What these dealers owe by the rule itself: for ledgers in which something bounced or was written off."""
        keys = _keys(at, ledgers)
        unknown = [dealer for dealer, key in keys.items() if key not in self._owed]
        for start in range(0, len(unknown), WHOLE_LEDGERS):
            for dealer, entries in (await entries_of(conn, at, unknown[start : start + WHOLE_LEDGERS])).items():
                found = receivables(entries, at.as_of)
                self._remember(self._owed, keys[dealer], Owed(found.balance, found.unmatured_bills))
        return {dealer: self._owed[key] for dealer, key in keys.items()}

    def _remember(self, known: dict[LedgerKey, Any], key: LedgerKey, value: Any) -> None:
        if len(known) >= self._most:
            known.clear()
        known[key] = value


def _keys(at: Standpoint, ledgers: Ledgers) -> dict[UUID, LedgerKey]:
    return {dealer: (dealer, at.as_of, *ledger) for dealer, ledger in ledgers.items()}


async def _aged(conn: Any, at: Standpoint, dealers: Sequence[UUID]) -> dict[UUID, list[Decimal]]:
    """What is not due, overdue and unapplied of these dealers."""
    asked = Asked(at.parameters[1], at.as_of, (0,))
    return (await ageing_of_these(conn.fetch, lambda these: entries_of(conn, at, these), asked, dealers)).amounts


async def entries_of(conn: Any, at: Standpoint, dealers: Sequence[UUID]) -> dict[UUID, list[LedgerEntry]]:
    """The ledgers of these dealers within the cut."""
    return by_dealer(await rows_of(conn, at, dealers))


async def late_entries(conn: Any, at: Standpoint, dealer: UUID) -> set[UUID]:
    """The entries of a ledger that came while their month was closed."""
    return {row["event"] for row in await conn.fetch(LATE_ENTRIES, *at.parameters, dealer)}


async def rows_of(conn: Any, at: Standpoint, dealers: Sequence[UUID]) -> list[Any]:
    """The same as rows, each with its place in the log."""
    return list(await conn.fetch(ENTRIES, *at.parameters, list(dealers)))
