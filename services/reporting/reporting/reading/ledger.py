"""Ledgers within a cut as entries for `rules.receivables`, and what is overdue of many dealers at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from reporting.reading.standpoint import AT, Standpoint, within
from rules.ageing import Column
from rules.ageing_of_many import Asked, ageing_of_these
from rules.entries import (
    Allocation,
    CreditNote,
    Dispute,
    DisputeOutcome,
    Invoice,
    LedgerEntry,
    Payment,
    Reversal,
)

ENTRIES = f"""{AT}
select e.dealer, e.kind, e.event, e.origin, e.number, e.amount, e.dated, e.due_on, e.method, e.term_days,
    e.order_number, e.invoice, e.allocations, e.outcome, e.reversed, e.reason, e.source, e.partition, e.sequence,
    e.recorded_at
from ledger_entry e where e.dealer = any($5) and {within("e", "credit")}
order by e.dealer, e.sequence
"""
LedgerKey = tuple[UUID, date, int, int]
"""Dealer, as-of date, last sequence and number of its entries: a published history never changes, so this names it."""


class OverdueMemory:
    """What was overdue of a ledger at a day, remembered: a list of dealers asks for the same ones all day."""

    def __init__(self, most: int = 200_000) -> None:
        self._known: dict[LedgerKey, Decimal] = {}
        self._most = most

    async def of(self, conn: Any, at: Standpoint, ledgers: Mapping[UUID, tuple[int, int]]) -> dict[UUID, Decimal]:
        """Overdue amounts of these dealers; `ledgers` says last sequence and number of entries of each."""
        keys = {dealer: (dealer, at.as_of, *ledger) for dealer, ledger in ledgers.items()}
        unknown = [dealer for dealer, key in keys.items() if key not in self._known]
        if unknown:
            for dealer, columns in (await _aged(conn, at, unknown)).items():
                self._remember(keys[dealer], columns[1].amount)
        return {dealer: self._known.get(key, Decimal(0)) for dealer, key in keys.items()}

    def _remember(self, key: LedgerKey, amount: Decimal) -> None:
        if len(self._known) >= self._most:
            self._known.clear()
        self._known[key] = amount


async def _aged(conn: Any, at: Standpoint, dealers: Sequence[UUID]) -> dict[UUID, list[Column]]:
    """What is not due, overdue and unapplied of these dealers."""
    asked = Asked(at.parameters[1], at.as_of, (0,))
    return (await ageing_of_these(conn.fetch, lambda these: entries_of(conn, at, these), asked, dealers)).dealers


async def entries_of(conn: Any, at: Standpoint, dealers: Sequence[UUID]) -> dict[UUID, list[LedgerEntry]]:
    """The ledgers of these dealers within the cut."""
    return by_dealer(await rows_of(conn, at, dealers))


async def rows_of(conn: Any, at: Standpoint, dealers: Sequence[UUID]) -> list[Any]:
    """The same as rows, each with its place in the log."""
    return list(await conn.fetch(ENTRIES, *at.parameters, list(dealers)))


def by_dealer(rows: Iterable[Mapping[str, Any]]) -> dict[UUID, list[LedgerEntry]]:
    """Rows as entries, dealer by dealer."""
    found: dict[UUID, list[LedgerEntry]] = {}
    for row in rows:
        found.setdefault(row["dealer"], []).append(entry_of(row))
    return found


def entry_of(row: Mapping[str, Any]) -> LedgerEntry:
    """A row of `ledger_entry`."""
    named: dict[str, Any] = {"id": str(row["event"]), "source": row["origin"], "number": row["number"]}
    match row["kind"]:
        case "invoice":
            return Invoice(
                **named, amount=row["amount"], issued_on=row["dated"], due_on=row["due_on"], method=row["method"],
                term_days=row["term_days"], order=row["order_number"],
            )  # fmt: skip
        case "payment":
            named_invoices = json.loads(row["allocations"] or "[]")
            return Payment(**named, amount=row["amount"], received_on=row["dated"],
                           allocations=tuple(_allocation(each) for each in named_invoices))  # fmt: skip
        case "credit_note":
            return CreditNote(**named, amount=row["amount"], issued_on=row["dated"], invoice=row["invoice"])
        case "dispute":
            return Dispute(**named, amount=row["amount"], disputed_on=row["dated"])
        case "settlement":
            return DisputeOutcome(**named, settled_on=row["dated"], outcome=row["outcome"])
        case "reversal":
            return Reversal(**named, entry=str(row["reversed"]))
        case kind:
            raise ValueError(f"the ledger knows no {kind}")


def _allocation(named: Mapping[str, Any]) -> Allocation:
    return Allocation(named["invoice"], None if named["amount"] is None else Decimal(named["amount"]))
