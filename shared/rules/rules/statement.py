"""A statement of account: the balance before its first day, every document of its days, the balance after its last.

Source: domain.md 2.2. Opening balance + lines = closing balance, which is the balance of the receivables. A document
that was taken back within what is known was never so, and stands on no statement. What bounced has two lines, of the
day it came and of the day it came back; what a write-off takes off is less once money comes for its invoice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from events.ids import canonical
from rules.entries import LedgerEntry
from rules.ledger import Ledger, ledger_at
from rules.money import NOTHING
from rules.receivables import allocated, receivables


class Line(NamedTuple):
    """One document: `amount` is what it changes the balance by, `entry` the id of its event."""

    on: date
    kind: str
    number: str
    source: str
    amount: Decimal
    due_on: date | None
    entry: str


class Statement(NamedTuple):
    """From the first day to the last, both included; the lines in order of date, kind and number."""

    first_day: date
    last_day: date
    opening_balance: Decimal
    lines: list[Line]

    @property
    def closing_balance(self) -> Decimal:
        """Opening balance + lines."""
        return sum((line.amount for line in self.lines), self.opening_balance)


def statement(entries: Iterable[LedgerEntry], first_day: date, last_day: date) -> Statement:
    """The statement over these days, from one dealer's ledger in any order."""
    entries = list(entries)
    ledger = ledger_at(entries, last_day)
    found = [*_lines(ledger), *(_given_up(ledger, entries, first_day) if ledger.write_offs else ())]
    lines = sorted(found, key=lambda e: (e.on, e.kind, e.number, e.source, e.entry, e.amount))
    opening = sum((line.amount for line in lines if line.on < first_day), NOTHING)
    return Statement(first_day, last_day, opening, [line for line in lines if line.on >= first_day])


def digest(lines: Iterable[Line]) -> str:
    """SHA-256, as hex, over every line in order."""
    hashed = sha256()
    for line in lines:
        hashed.update(sha256(canonical(list(line))).digest())
    return hashed.hexdigest()


def _lines(ledger: Ledger) -> Iterable[Line]:
    for i in ledger.invoices:
        yield Line(i.issued_on, "invoice", i.number, i.source, i.amount, i.due_on, i.id)
    for c in ledger.credits:
        yield Line(c.on, c.kind, c.number, c.source, -c.amount, None, c.id)
    for c, bounce in ledger.came_back:
        if c.on < bounce.bounced_on:  # what came back before it came never counted
            yield Line(c.on, c.kind, c.number, c.source, -c.amount, None, c.id)
            kind = "bounce" if bounce.of == "payment" else "dishonour"
            yield Line(bounce.bounced_on, kind, c.number, c.source, c.amount, None, bounce.id)


def _given_up(ledger: Ledger, entries: list[LedgerEntry], first_day: date) -> Iterable[Line]:
    """What write-offs had taken off before the first day, and what that changed by from then on."""
    now = allocated(ledger).given_up
    before = receivables(entries, first_day - timedelta(days=1)).given_up
    for w in ledger.write_offs:
        then = before.get(w.id, NOTHING)
        if then:
            yield Line(w.on, "write_off", w.number, w.source, -then, None, w.id)
        if now[w.id] != then:
            yield Line(max(w.on, first_day), "write_off", w.number, w.source, then - now[w.id], None, w.id)
