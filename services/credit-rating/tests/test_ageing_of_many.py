"""The ageing of many dealers by SQL is that of the rule, to the cent, for ledgers of every kind, dates and cuts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_rating.ageing_memory import AgeingMemory
from credit_rating.domain.ageing import ageing
from credit_rating.domain.entries import (
    Allocation,
    Bill,
    Bounce,
    CreditNote,
    Dispute,
    DisputeOutcome,
    Invoice,
    LaterAllocation,
    LedgerEntry,
    Payment,
    Recovery,
    Reversal,
    WriteOff,
)
from credit_rating.domain.receivables import receivables
from rules.ageing import Column
from rules.ageing_of_many import Aged, Asked, ageing_of_all, ageing_of_these

TABLE = """
create temporary table ledger_entry (partition smallint, sequence bigint, event uuid, dealer uuid, kind text,
    origin text, number text, amount numeric, dated date, due_on date, invoice text, allocations jsonb, reversed uuid)
"""
FIRST = date(2026, 1, 1)
LIMITS = (0, 5, 10)
SOME = timedelta(days=12)
days = st.integers(0, 24).map(lambda n: FIRST + timedelta(days=n))
amounts = st.integers(1, 12).map(lambda n: Decimal(n * 25).scaleb(-2))
numbers, sources = st.sampled_from(["1", "2", "3", "4"]), st.sampled_from(["erp", "erp", "erp", "bank"])
document: dict[str, Any] = {"id": st.uuids().map(str), "source": sources, "number": numbers}
one_name = st.builds(Allocation, numbers, st.none() | amounts).map(lambda named: (named,))
allocations = st.lists(st.builds(Allocation, numbers, st.none() | amounts), min_size=1, max_size=3).map(tuple)
named = st.just(()) | one_name | allocations
usual = st.one_of(
    st.builds(Invoice, **document, amount=amounts, issued_on=days, due_on=days, method=st.just("credit")),
    st.builds(Payment, **document, amount=amounts, received_on=days, allocations=named),
    st.builds(
        Bill, **document, amount=amounts, received_on=days, matures_on=days, method=st.just("bank_acceptance"),
        allocations=named,
    ),
    st.builds(CreditNote, **document, amount=amounts, issued_on=days, invoice=st.none() | numbers),
    st.builds(Dispute, **document, amount=amounts, disputed_on=days),
    st.builds(DisputeOutcome, **document, settled_on=days, outcome=st.just("upheld")),
    st.builds(Reversal, **document, entry=st.integers(0, 9).map(str)),
    st.builds(Recovery, **document, amount=amounts, recovered_on=days, invoice=st.none() | numbers),
)  # fmt: skip
given_up = st.one_of(
    st.builds(Bounce, **document, of=st.sampled_from(["payment", "bill"]), bounced_on=days),
    st.builds(WriteOff, **document, amount=amounts, written_off_on=days, invoice=numbers),
    st.builds(
        LaterAllocation, **document, entry=st.integers(0, 9).map(str), allocated_on=days, allocations=allocations
    ),
)
usual_ledgers = st.lists(
    usual,
    max_size=14,
    unique_by=lambda e: e.number if isinstance(e, Invoice) else e.id,  # a number names one invoice
)
ledgers = usual_ledgers | usual_ledgers | st.lists(usual | given_up, max_size=14)


class Filed(NamedTuple):
    """An entry in its place in the log."""

    dealer: UUID
    partition: int
    sequence: int
    entry: Any


class Book:
    """A table of ledgers on a real PostgreSQL, and how often the rule had to be asked for a dealer."""

    def __init__(self, runner: asyncio.Runner, connection: Any) -> None:
        self._runner, self._connection, self.asked = runner, connection, 0
        self.filed: list[Filed] = []

    def file(self, written: Sequence[Sequence[LedgerEntry]]) -> None:
        """These ledgers and no other; each entry's id is its place among all, and a reversal may name any of them."""
        self.asked, self.filed = 0, []
        for number, ledger in enumerate(written):
            for entry in ledger:
                self._file(UUID(int=number + 1), number % 3, entry)
        self._runner.run(self._connection.execute("truncate ledger_entry"))
        self._runner.run(self._connection.copy_records_to_table("ledger_entry", records=map(row_of, self.filed)))

    def _file(self, dealer: UUID, partition: int, entry: Any) -> None:
        said = {name: getattr(entry, name) for name in entry.__struct_fields__}
        said |= {"id": identity(len(self.filed))}
        if isinstance(entry, Reversal | LaterAllocation):
            said |= {"entry": identity(max(0, len(self.filed) - 1 - int(entry.entry)))}
        self.filed.append(Filed(dealer, partition, len(self.filed) + 1, type(entry)(**said)))

    @property
    def dealers(self) -> list[UUID]:
        """Everyone with an entry."""
        return sorted({each.dealer for each in self.filed})

    def within(self, bounds: Sequence[int]) -> dict[UUID, list[LedgerEntry]]:
        """The ledgers as a cut has them."""
        found: dict[UUID, list[LedgerEntry]] = {dealer: [] for dealer in self.dealers}
        for each in self.filed:
            if each.sequence <= (bounds[each.partition] if each.partition < len(bounds) else 0):
                found[each.dealer].append(each.entry)
        return found

    def by_sql(self, asked: Asked, these: Sequence[UUID] | None = None) -> tuple[dict[UUID, Any], list[Column]]:
        """Columns of each and of all."""

        async def whole(dealers: list[UUID]) -> dict[UUID, list[LedgerEntry]]:
            self.asked += len(dealers)
            return {dealer: entries for dealer, entries in self.within(asked.bounds).items() if dealer in dealers}

        fetch = self._connection.fetch
        listed = self.dealers if these is None else these
        asking = ageing_of_all if these is None else ageing_of_these
        return as_columns(self._runner.run(asking(fetch, whole, asked, listed)))

    def by_memory(self, memory: AgeingMemory, asked: Asked) -> tuple[dict[UUID, Any], list[Column]]:
        """The same of each, as far as it is remembered."""

        async def whole(dealers: list[UUID]) -> dict[UUID, list[LedgerEntry]]:
            return {dealer: entries for dealer, entries in self.within(asked.bounds).items() if dealer in dealers}

        fetch = self._connection.fetch
        return as_columns(self._runner.run(memory.of_these(fetch, whole, asked, self.dealers)))

    def by_rule(self, asked: Asked) -> dict[UUID, list[Column]]:
        """The same, as it is said."""
        read = self.within(asked.bounds)
        return {d: ageing(receivables(each, asked.as_of), asked.limits, asked.by) for d, each in read.items()}


def as_columns(aged: Aged) -> tuple[dict[UUID, Any], list[Column]]:
    return {dealer: aged.of(dealer) for dealer in aged.amounts}, aged.total


def identity(place: int) -> str:
    return str(UUID(int=place + 1000))


def row_of(filed: Filed) -> tuple[Any, ...]:
    """A row as the projection `ledger_entry` writes it."""
    place = (filed.partition, filed.sequence, UUID(filed.entry.id), filed.dealer)
    match filed.entry:
        case Invoice() as e:
            return (*place, "invoice", e.source, e.number, e.amount, e.issued_on, e.due_on, None, None, None)
        case Payment() as e:
            said = _allocations(e)
            return (*place, "payment", e.source, e.number, e.amount, e.received_on, None, None, said, None)
        case Bill() as e:
            said = _allocations(e)
            return (*place, "bill", e.source, e.number, e.amount, e.received_on, e.matures_on, None, said, None)
        case Bounce() as e:
            kind = "bounce" if e.of == "payment" else "dishonour"
            return (*place, kind, e.source, e.number, None, e.bounced_on, None, None, None, None)
        case LaterAllocation() as e:
            return (*place, "allocation", e.source, e.number, None, e.allocated_on, None, None, _allocations(e), None)
        case WriteOff() as e:
            return (*place, "write_off", e.source, e.number, e.amount, e.written_off_on, None, e.invoice, None, None)
        case Recovery() as e:
            return (*place, "recovery", e.source, e.number, e.amount, e.recovered_on, None, e.invoice, None, None)
        case CreditNote() as e:
            return (*place, "credit_note", e.source, e.number, e.amount, e.issued_on, None, e.invoice, None, None)
        case Dispute() as e:
            return (*place, "dispute", e.source, e.number, e.amount, e.disputed_on, None, None, None, None)
        case DisputeOutcome() as e:
            return (*place, "settlement", e.source, e.number, None, e.settled_on, None, None, None, None)
        case Reversal() as e:
            return (*place, "reversal", e.source, e.number, None, None, None, None, None, UUID(e.entry))
        case other:
            raise TypeError(other)


def _allocations(entry: Payment | Bill | LaterAllocation) -> str:
    named = [{"invoice": a.invoice, "amount": None if a.amount is None else str(a.amount)} for a in entry.allocations]
    return json.dumps(named)


@pytest.fixture(scope="module")
def book(stack: Any) -> Iterator[Book]:
    """One table for the module."""
    with asyncio.Runner() as runner:
        connection = runner.run(asyncpg.connect(stack.admin_url))
        runner.run(connection.execute(TABLE))
        yield Book(runner, connection)
        runner.run(connection.close())


def total(columns: dict[UUID, list[Column]], asked: Asked) -> list[Column]:
    nothing = ageing(receivables([], asked.as_of), asked.limits, asked.by)
    return [
        Column(column.name, sum((row[place].amount for row in columns.values()), Decimal(0)))
        for place, column in enumerate(nothing)
    ]


cuts = st.just([10**6] * 3) | st.lists(st.integers(0, 60), max_size=3)


@settings(deadline=None, max_examples=250)
@given(st.lists(ledgers, min_size=1, max_size=6), days, cuts, st.sampled_from(["due_date", "invoice_date"]))
def test_any_ledgers_age_as_the_rule_says_at_any_date_and_cut(book, written, as_of, cut, by):
    book.file(written)
    asked = Asked(cut, as_of, LIMITS, by)
    said = book.by_rule(asked)
    assert book.by_sql(asked) == (said, total(said, asked))
    some = book.dealers[::2]
    assert book.by_sql(asked, some)[0] == {dealer: said[dealer] for dealer in some}


@settings(deadline=None, max_examples=100)
@given(
    st.lists(ledgers, min_size=1, max_size=4),
    st.lists(st.tuples(days, cuts), min_size=2, max_size=4),
    st.integers(0, 9),
)
def test_what_is_remembered_of_ledgers_is_theirs_at_each_date_and_cut(book, written, asked_at, most):
    book.file(written)
    memory = AgeingMemory(most)
    for as_of, cut in [*asked_at, asked_at[0]]:
        asked = Asked(cut, as_of, LIMITS)
        said = book.by_rule(asked)
        assert book.by_memory(memory, asked) == (said, total(said, asked))


def invoice(number: str, amount: int, day: int, source: str = "erp") -> Invoice:
    on = FIRST + timedelta(days=day)
    return Invoice(
        id="", source=source, number=number, amount=Decimal(amount), issued_on=on, due_on=on + SOME, method="credit"
    )


def payment(amount: int, *named: Allocation, source: str = "bank") -> Payment:
    return Payment(id="", source=source, number="P", amount=Decimal(amount), received_on=FIRST, allocations=named)


THREE = [invoice("A", 100, 0), invoice("B", 100, 3), invoice("C", 100, 6)]


def bill(amount: int, *named: Allocation) -> Bill:
    return Bill(id="", source="erp", number="B", amount=Decimal(amount), received_on=FIRST, matures_on=FIRST + SOME,
                method="bank_acceptance", allocations=named)  # fmt: skip


USUAL = {
    "oldest first": [payment(150)],
    "more than is owed": [payment(450)],
    "one name, more than its invoice": [payment(150, Allocation("B"))],
    "one name, part of the money": [payment(150, Allocation("C", Decimal(40)))],
    "two payments of one invoice": [payment(80, Allocation("C")), payment(80, Allocation("C"))],
    "several names with amounts": [payment(150, Allocation("C", Decimal(120)), Allocation("A", Decimal(10)))],
    "an unknown name": [payment(150, Allocation("X", Decimal(50)))],
    "a bill": [bill(150)],
    "a bill that names an invoice": [bill(150, Allocation("C", Decimal(40)))],
    "money for what was written off": [
        Recovery(id="", source="erp", number="R", amount=Decimal(9), recovered_on=FIRST, invoice="A")
    ],
    "a credit note": [CreditNote(id="", source="erp", number="K", amount=Decimal(120), issued_on=FIRST, invoice="B")],
    "taken back": [payment(80), Reversal(id="", source="erp", number="R", entry="0")],
}


@pytest.mark.parametrize("credits", USUAL.values(), ids=USUAL)
@pytest.mark.parametrize("by", ["due_date", "invoice_date"])
def test_what_is_usual_is_placed_without_asking_the_rule(book, credits, by):
    book.file([[*THREE, *credits]])
    asked = Asked([10**6], FIRST + timedelta(days=17), LIMITS, by)
    assert book.by_sql(asked)[0] == book.by_rule(asked)
    assert book.asked == 0


UNUSUAL = {
    "several names, one without an amount": [payment(150, Allocation("C"), Allocation("A", Decimal(10)))],
    "names for more than there is": [payment(50, Allocation("C", Decimal(40)), Allocation("A", Decimal(40)))],
    "a payment that bounced": [payment(80), Bounce(id="", source="bank", number="P", of="payment", bounced_on=FIRST)],
    "money allocated later": [
        payment(150),
        LaterAllocation(
            id="", source="bank", number="P", entry="0", allocated_on=FIRST, allocations=(Allocation("C", Decimal(90)),)
        ),
    ],
    "an invoice written off": [
        WriteOff(id="", source="erp", number="W", amount=Decimal(60), written_off_on=FIRST, invoice="A")
    ],
    "a number that two sources bear": [invoice("A", 70, 1, source="old"), payment(50, Allocation("A"), source="erp")],
}


@pytest.mark.parametrize("credits", UNUSUAL.values(), ids=UNUSUAL)
def test_what_only_the_rule_can_place_is_asked_of_it_for_that_dealer_alone(book, credits):
    book.file([[*THREE, *credits], [*THREE, *USUAL["one name, part of the money"]]])
    asked = Asked([10**6] * 2, FIRST + timedelta(days=17), LIMITS)
    said = book.by_rule(asked)
    assert book.by_sql(asked) == (said, total(said, asked))
    assert book.asked == 1
