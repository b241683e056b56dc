"""Laws of the ledger over any entries: money is conserved, arrival order is nothing, the past stays as it was."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

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
    Payment,
    Recovery,
    Reversal,
    WriteOff,
)
from credit_rating.domain.later_allocation import Allocate, money_for
from credit_rating.domain.ledger import ledger_at
from credit_rating.domain.payment_record import due_or_overdue, payment_record
from credit_rating.domain.receivables import receivables, room_of
from events import AllocatedTo

FIRST = date(2026, 1, 1)
LIMITS = (0, 30, 60, 90, 120)
days = st.integers(0, 200).map(lambda n: FIRST + timedelta(days=n))
amounts = st.integers(1, 5_000).map(lambda cents: Decimal(cents).scaleb(-2))
numbers = st.sampled_from(["1", "2", "3", "4", "5", "6", "7", "8"])
sources = st.sampled_from(["erp", "bank"])
allocations = st.lists(st.builds(Allocation, numbers, st.none() | amounts), max_size=3).map(tuple)


def documents(kind: str, entry: type, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[list[object]]:
    """Entries of one kind, each (source, number) once, as the log accepts them."""
    one = st.builds(entry, id=st.just(""), source=sources, number=numbers, amount=amounts, **fields)
    many = st.lists(one, max_size=8, unique_by=lambda each: (each.source, each.number))
    return many.map(lambda each: [_named(kind, entry) for entry in each])


def _named(kind: str, entry):  # an id of its own for every document
    fields = {name: getattr(entry, name) for name in entry.__struct_fields__} | {
        "id": f"{kind}/{entry.source}/{entry.number}"
    }
    return type(entry)(**fields)


invoices = documents(
    "invoice", Invoice, issued_on=days, due_on=days, method=st.just("credit"), term_days=st.just(30), order=st.none()
)
payments = documents("payment", Payment, received_on=days, allocations=allocations)
credit_notes = documents("credit", CreditNote, issued_on=days, invoice=st.none() | numbers)
bills = documents(
    "bill", Bill, received_on=days, matures_on=days, method=st.just("bank_acceptance"), allocations=allocations
)
write_offs = documents("write-off", WriteOff, written_off_on=days, invoice=numbers)
recoveries = documents("recovery", Recovery, recovered_on=days, invoice=st.none() | numbers)
bounces = st.lists(
    st.builds(
        Bounce,
        id=st.uuids().map(str),
        source=sources,
        number=numbers,
        of=st.sampled_from(["payment", "bill"]),
        bounced_on=days,
    ),
    max_size=4,
    unique_by=lambda each: (each.of, each.source, each.number),
)
later = st.lists(
    st.builds(
        LaterAllocation,
        id=st.uuids().map(str),
        source=sources,
        number=numbers,
        entry=st.builds("{}/{}/{}".format, st.sampled_from(["payment", "bill", "credit"]), sources, numbers),
        allocated_on=days,
        allocations=st.lists(st.builds(Allocation, numbers, amounts), min_size=1, max_size=3).map(tuple),
    ),
    max_size=4,
)
disputes = documents("dispute", Dispute, disputed_on=days)
outcomes = st.lists(
    st.builds(
        DisputeOutcome,
        id=st.uuids().map(str),
        source=sources,
        number=numbers,
        settled_on=days,
        outcome=st.sampled_from(["upheld", "dismissed"]),
    ),
    max_size=3,
)
of_any_kind = st.tuples(
    invoices, payments, bills, bounces, credit_notes, later, write_offs, recoveries, disputes, outcomes
).map(lambda kinds: [e for kind in kinds for e in kind])


@st.composite
def _with_reversals(draw) -> list[object]:
    entries = draw(of_any_kind)
    back = draw(st.lists(st.sampled_from(entries), max_size=3)) if entries else []
    return [*entries, *(Reversal(id=f"back-{e.id}", source=e.source, number=e.number, entry=e.id) for e in back)]


ledgers = of_any_kind | _with_reversals()


DATES = (
    "issued_on", "received_on", "bounced_on", "allocated_on", "written_off_on", "recovered_on", "disputed_on",
    "settled_on",
)  # fmt: skip


def dated(entry) -> date:
    """A reversal has no date: it says what was never so."""
    return next((getattr(entry, name) for name in DATES if hasattr(entry, name)), FIRST)


def counted(entries, as_of, *kinds) -> Decimal:
    """Amounts of these kinds that count on a day: neither later, nor taken back, nor bounced."""
    back = {e.entry for e in entries if isinstance(e, Reversal)}
    there = [e for e in entries if dated(e) <= as_of and e.id not in back]
    bounced = {({"payment": Payment, "bill": Bill}[e.of], e.source, e.number) for e in there if isinstance(e, Bounce)}
    return sum(
        (e.amount for e in there if isinstance(e, kinds) and (type(e), e.source, e.number) not in bounced), Decimal(0)
    )


@settings(deadline=None, max_examples=60)
@given(ledgers, days, st.sampled_from(["due_date", "invoice_date"]))
def test_ageing_columns_add_up_to_the_balance(entries, as_of, by):
    owed = receivables(entries, as_of)
    assert sum(amount for _, amount in ageing(owed, LIMITS, by)) == owed.balance


@settings(deadline=None, max_examples=60)
@given(ledgers, days)
def test_allocation_neither_makes_nor_loses_money(entries, as_of):
    owed = receivables(entries, as_of)
    credited = counted(entries, as_of, Payment, Bill, CreditNote)
    settled = sum(s.amount for item in owed.items for s in item.settlements)
    assert owed.balance == counted(entries, as_of, Invoice) - credited - owed.written_off
    assert settled + owed.unapplied == credited + owed.written_off
    assert owed.written_off <= counted(entries, as_of, WriteOff)
    assert owed.recovered == counted(entries, as_of, Recovery)
    assert all(item.open + sum(s.amount for s in item.settlements) == item.invoice.amount for item in owed.items)
    assert all(item.open >= 0 for item in owed.items)
    assert owed.unapplied == sum(amount for _, amount in owed.unapplied_credits)


@settings(deadline=None, max_examples=60)
@given(ledgers, days)
def test_a_bill_never_lowers_exposure_before_it_matures(entries, as_of):
    owed = receivables(entries, as_of)
    without = receivables([e for e in entries if not (isinstance(e, Bill) and e.matures_on > as_of)], as_of)
    assert owed.balance + owed.unmatured_bills == without.balance - (owed.written_off - without.written_off)


@settings(deadline=None, max_examples=60)
@given(ledgers, days)
def test_what_was_written_off_or_bounced_is_never_paid(entries, as_of):
    owed = receivables(entries, as_of)
    record = payment_record(due_or_overdue(owed, FIRST), as_of)
    paid = counted(entries, as_of, Payment, Bill)
    assert record.paid_on_time <= paid
    assert record.value <= counted(entries, as_of, Invoice)


@settings(deadline=None, max_examples=60)
@given(ledgers, days, st.data())
def test_whatever_is_allocated_within_its_room_is_paid_to_the_cent(entries, as_of, data):
    ledger = ledger_at(entries, as_of)
    if not ledger.credits:
        return
    room = room_of(ledger, data.draw(st.sampled_from(ledger.credits)).id)
    open_ = {number: amount for number, amount in room.open.items() if amount > 0}
    if not open_ or room.left <= 0:
        return
    number = data.draw(st.sampled_from(sorted(open_)))
    wanted = min(room.left, open_[number])
    command = Allocate(
        room.credit.id, (AllocatedTo(invoice=number, amount=wanted),), as_of, "So it was meant.", "he.fang"
    )
    assert money_for(entries, command, as_of) == room.credit
    later = LaterAllocation(
        id="new", source="erp", number="1", entry=room.credit.id, allocated_on=as_of,
        allocations=(Allocation(number, wanted),),
    )  # fmt: skip
    back = Reversal(id="back", source="erp", number="1", entry="new")
    said = [*entries, later]
    before, after = receivables(entries, as_of), receivables(said, as_of)
    assert (after.balance, after.given_up) == (before.balance, before.given_up)
    assert room_of(ledger_at(said, as_of), room.credit.id).open[number] == open_[number] - wanted
    assert receivables([*said, back], as_of) == before


@settings(deadline=None, max_examples=60)
@given(ledgers, days, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(entries, as_of, random):
    shuffled = list(entries)
    random.shuffle(shuffled)
    assert receivables(shuffled, as_of) == receivables(entries, as_of)


@settings(deadline=None, max_examples=60)
@given(ledgers, days)
def test_later_facts_never_change_an_earlier_date(entries, as_of):
    assert receivables([e for e in entries if dated(e) <= as_of], as_of) == receivables(entries, as_of)


@settings(deadline=None, max_examples=60)
@given(ledgers, days)
def test_nothing_is_unapplied_beside_an_open_invoice_unless_it_names_an_unknown_one(entries, as_of):
    owed = receivables(entries, as_of)
    held = any(
        (
            isinstance(e, Payment | Bill | LaterAllocation)
            and any(a.invoice not in known(entries, as_of) for a in e.allocations)
        )
        or (isinstance(e, CreditNote) and e.invoice is not None and e.invoice not in known(entries, as_of))
        or ambiguous(entries, as_of)
        for e in entries
    )
    assert held or owed.unapplied == 0 or owed.open_items == []


def known(entries, as_of) -> set[str]:
    return {e.number for e in entries if isinstance(e, Invoice) and e.issued_on <= as_of}


def ambiguous(entries, as_of) -> bool:
    bearing = [e.number for e in entries if isinstance(e, Invoice) and e.issued_on <= as_of]
    return len(bearing) != len(set(bearing))
