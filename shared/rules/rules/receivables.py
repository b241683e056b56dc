"""Which credit pays which invoice: the allocation, a pure function of the entries and the as-of date.

Source: domain.md 2.2. First what payments, bills and credit notes name, up to the open amount, of each what was
allocated of it later before what it named when it came; then write-offs, each of
its invoice as far as that is open; then what remains of the money, by (date, number), to the open invoices by (due
date, invoice date, number). Money that names an invoice not (yet) known stays unapplied until it comes; a write-off
without its invoice is nothing. Sorting rules the cost: n log n in the number of entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import msgspec

from rules.disputes import Disputed, disputed_invoices
from rules.entries import Allocation, Invoice, LedgerEntry
from rules.ledger import PAID, BillTerms, Credit, CreditKind, Ledger, ledger_at
from rules.money import NOTHING

NOT_DISPUTED = Disputed()


class Settlement(msgspec.Struct, frozen=True):
    """`amount` of an invoice settled on `on` by a payment or a bill, credited by a note, or written off."""

    on: date
    amount: Decimal
    kind: CreditKind
    document: str
    bill: BillTerms | None = None


class Item(msgspec.Struct, frozen=True):
    """An invoice with what settled it until the as-of date, in order of date, and what is still open."""

    invoice: Invoice
    open: Decimal
    settlements: list[Settlement]
    disputed: Disputed = NOT_DISPUTED
    written_off: Decimal = NOTHING
    """What was given up of it."""

    @property
    def credited(self) -> Decimal:
        """What credit notes took off."""
        return self.credited_since(None)

    def credited_since(self, first: date | None) -> Decimal:
        """What credit notes dated `first` or later took off."""
        notes = [s for s in self.settlements if s.kind == "credit_note"]
        return sum([s.amount for s in notes if first is None or s.on >= first], NOTHING)

    @property
    def paid_by_due(self) -> Decimal:
        """What payments and bills settled on or before the due date."""
        due_on = self.invoice.due_on
        return sum((s.amount for s in self.settlements if s.kind in PAID and s.on <= due_on), NOTHING)


class Left(msgspec.Struct, frozen=True):
    """What is left of a credit: `held` of it for invoices not known yet, the rest because nothing was open."""

    credit: Credit
    amount: Decimal
    held: Decimal


class Receivables(msgspec.Struct, frozen=True):
    """What a dealer owes at the end of `as_of`: every invoice, closed ones included, and credits not applied."""

    as_of: date
    items: list[Item]
    left: list[Left]
    """Credits of which something is left, in the order in which they are worked through."""
    unapplied: Decimal
    open_invoices: Decimal
    bills: list[Credit] = []
    """Bills that have not matured: received, not dishonoured, due after `as_of`."""
    given_up: dict[str, Decimal] = {}
    """Write-off, by the id of its entry → what it took off its invoice."""
    recovered: Decimal = NOTHING
    """Money for what had been written off."""

    @property
    def unmatured_bills(self) -> Decimal:
        """What bills settled that are not money yet: it stays in exposure (domain.md 2.7)."""
        return sum((bill.amount for bill in self.bills), NOTHING)

    @property
    def written_off(self) -> Decimal:
        """What was given up of all invoices."""
        return sum(self.given_up.values(), NOTHING)

    @property
    def unapplied_credits(self) -> list[tuple[str, Decimal]]:
        """(document number, amount left of it)."""
        return [(left.credit.number, left.amount) for left in self.left]

    @property
    def open_items(self) -> list[Item]:
        """Invoices with something open; what was settled on the as-of date is closed."""
        return [item for item in self.items if item.open > 0]

    @property
    def balance(self) -> Decimal:
        """Open invoices less unapplied credit: the balance of the ledger."""
        return self.open_invoices - self.unapplied

    @property
    def longest_overdue_days(self) -> int:
        """Days past due of the open invoice that is longest overdue; 0 if none is."""
        return max((max(0, (self.as_of - item.invoice.due_on).days) for item in self.open_items), default=0)


def receivables(entries: Iterable[LedgerEntry], as_of: date) -> Receivables:
    """The receivables of one dealer at the end of `as_of`, in any order of `entries`."""
    return allocated(ledger_at(entries, as_of))


def allocated(ledger: Ledger) -> Receivables:
    """The allocation over a ledger that is already cut to a day and sorted."""
    book, credits, given_up = _bound(ledger)
    left = [Left(credit, held + _pay_oldest(book, credit, free), held) for credit, free, held in credits]
    disputed = disputed_invoices(ledger, book.find)
    items = [
        Item(invoice, book.open[place], book.settlements[place], disputed.get(place, NOT_DISPUTED))
        for place, invoice in enumerate(ledger.invoices)
    ]
    for place, amount in book.written_off.items():
        items[place] = msgspec.structs.replace(items[place], written_off=amount)
    for settlements in book.settlements:
        if len(settlements) > 1:
            settlements.sort(key=lambda s: s.on)
    return Receivables(
        as_of=ledger.as_of,
        items=items,
        left=[each for each in left if each.amount > 0],
        unapplied=sum((each.amount for each in left), NOTHING),
        open_invoices=sum(book.open, NOTHING),
        bills=[c for c in ledger.credits if c.bill is not None and c.bill.matures_on > ledger.as_of],
        given_up=given_up,
        recovered=sum((recovery.amount for recovery in ledger.recoveries), NOTHING),
    )


class Room(NamedTuple):
    """What no name binds yet of one credit, and what names and write-offs leave open of the invoices it might name.

    Money that waits for an invoice not known yet is free to be named otherwise.
    """

    credit: Credit
    left: Decimal
    open: dict[str, Decimal]
    """By number; a number that the credit cannot mean (unknown, or two sources bear it) is absent."""


def room_of(ledger: Ledger, entry: str) -> Room | None:
    """How much of the credit with this id can still be named, and for which invoices; None: it counts as no credit."""
    book, credits, _ = _bound(ledger)
    for credit, free, held in credits:
        if credit.id == entry:
            places = ((number, book.find(credit.source, number)) for number in {i.number for i in ledger.invoices})
            return Room(
                credit, free + held, {number: book.open[place] for number, place in places if place is not None}
            )
    return None


def _bound(ledger: Ledger) -> tuple[_Book, list[tuple[Credit, Decimal, Decimal]], dict[str, Decimal]]:
    """What names and write-offs come to, before the oldest invoices are paid: each credit with (free, held) of it."""
    book = _Book(ledger.invoices)
    credits = [(credit, *_pay_named(book, credit)) for credit in ledger.credits]
    return book, credits, {write_off.id: _give_up(book, write_off) for write_off in ledger.write_offs}


class _Book:
    """Open amounts while credits are being applied; invoices are known by their place in the order of payment."""

    def __init__(self, invoices: list[Invoice]) -> None:
        self.invoices = invoices
        self.open = [invoice.amount for invoice in invoices]
        self.settlements: list[list[Settlement]] = [[] for _ in invoices]
        self.written_off: dict[int, Decimal] = {}
        self.oldest = 0
        self._by_document = {(i.source, i.number): place for place, i in enumerate(invoices)}
        self._by_number: dict[str, list[int]] = {}
        for place, invoice in enumerate(invoices):
            self._by_number.setdefault(invoice.number, []).append(place)

    def find(self, source: str, number: str) -> int | None:
        """The invoice that a credit names: its own source's, else the only one of that number."""
        place = self._by_document.get((source, number))
        if place is not None:
            return place
        bearing = self._by_number.get(number, [])
        return bearing[0] if len(bearing) == 1 else None

    def settle(self, place: int, credit: Credit, at_most: Decimal) -> Decimal:
        """Settle what can be, return how much; money from before its invoice settles it on the invoice's date."""
        amount = min(self.open[place], at_most)
        if amount > 0:
            self.open[place] -= amount
            on = max(credit.on, self.invoices[place].issued_on)
            self.settlements[place].append(Settlement(on, amount, credit.kind, credit.number, credit.bill))
        return amount


def _pay_named(book: _Book, credit: Credit) -> tuple[Decimal, Decimal]:
    """Apply what a credit names; returns (free for the oldest invoices, held for invoices not known yet)."""
    free, held = credit.amount, NOTHING
    if not credit.allocations:
        return free, held
    placed = [(named, book.find(credit.source, named.invoice)) for named in credit.allocations]
    for named, place in sorted(placed, key=_firmest_first):
        at_most = free if named.amount is None else min(free, named.amount)
        if place is None:
            held += at_most
            free -= at_most
        else:
            free -= book.settle(place, credit, at_most)
    return free, held


def _give_up(book: _Book, write_off: Credit) -> Decimal:
    """Take a write-off off its invoice, as far as that is open; the rest of it, or all without the invoice, is void."""
    (named,) = write_off.allocations
    place = book.find(write_off.source, named.invoice)
    if place is None:
        return NOTHING
    given_up = book.settle(place, write_off, write_off.amount)
    book.written_off[place] = book.written_off.get(place, NOTHING) + given_up
    return given_up


def _firmest_first(placed: tuple[Allocation, int | None]) -> tuple[bool, bool]:
    """Amounts that are stated before "as much as is open", and an unknown invoice's open claim last; else as listed."""
    named, place = placed
    return (named.amount is None, named.amount is None and place is None)


def _pay_oldest(book: _Book, credit: Credit, free: Decimal) -> Decimal:
    """Apply the free rest of a credit to the oldest open invoices; returns what is left of it."""
    while free > 0 and book.oldest < len(book.open):
        free -= book.settle(book.oldest, credit, free)
        if book.open[book.oldest] == 0:
            book.oldest += 1
    return free
