"""Money allocated later: what it pays from its day on, what it may name, and what it never changes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs

from credit_rating.domain.later_allocation import Allocate, allocate, money_for
from credit_rating.domain.payment_record import due_or_overdue, payment_record
from credit_rating.domain.receivables import receivables
from credit_rating.domain.unapplied import unapplied
from events import AllocatedTo, PaymentAllocated
from events.decider import Refused
from rules.statement import statement

MONEY = "019ad801-ae1b-7f29-a123-0b06ab04c375"
TODAY = date(2026, 6, 30)


def open_of(entries: Any, as_of: str) -> dict[str, Decimal]:
    return {i.invoice.number: i.open for i in receivables(entries, date.fromisoformat(as_of)).open_items}


@pytest.fixture
def three(book: Any) -> list[Any]:
    """Invoices A, B, C of 100 each, one a month, and 100 that a dealer paid in May without a name."""
    invoices = [book.invoice(n, "100", f"2026-0{m}-05") for n, m in (("A", 1), ("B", 2), ("C", 3))]
    return [*invoices, book.payment("P", "100", "2026-05-10")]


def test_from_its_day_on_the_money_pays_what_was_named_and_before_it_the_oldest(book, three):
    ledger = [*three, book.later("payment-P", "2026-06-10", ("C", "80"))]
    assert open_of(ledger, "2026-06-09") == {"B": 100, "C": 100}
    assert open_of(ledger, "2026-06-10") == {"A": 80, "B": 100, "C": 20}


def test_the_invoice_counts_as_paid_on_the_day_the_money_came(book, three):
    ledger = [*three, book.later("payment-P", "2026-06-10", ("C", "100"))]
    (settled,) = receivables(ledger, TODAY).items[2].settlements
    assert (settled.on, settled.document) == (date(2026, 5, 10), "P")


def test_an_invoice_paid_in_time_is_not_late_because_the_office_was(book):
    ledger = [
        book.invoice("A", "100", "2026-01-05"),
        book.invoice("C", "100", "2026-05-05", "2026-06-04"),
        book.payment("P", "100", "2026-06-01", "C-with-a-slip"),
        book.later("payment-P", "2026-06-20", ("C", "100")),
    ]
    record = payment_record(due_or_overdue(receivables(ledger, TODAY), date(2026, 6, 1)), TODAY)
    assert record.paid_on_time == 100


def test_money_that_waits_for_a_number_which_never_comes_is_freed_by_it(book):
    ledger = [book.invoice("A", "100", "2026-01-05"), book.payment("P", "100", "2026-05-10", "wrong")]
    assert unapplied(receivables(ledger, TODAY))[0].waiting_for == ("wrong",)
    said = book.later("payment-P", "2026-06-10", ("A", "100"))
    assert (unapplied(receivables([*ledger, said], TODAY)), open_of([*ledger, said], "2026-06-30")) == ([], {})


def test_the_latest_word_counts_first_and_then_the_earlier_and_then_what_the_payment_said(book, three):
    three[3] = book.payment("P", "100", "2026-05-10", ("A", "100"))
    ledger = [
        *three,
        book.later("payment-P", "2026-06-01", ("B", "70")),
        book.later("payment-P", "2026-06-02", ("C", "60")),
    ]
    assert open_of(ledger, "2026-06-30") == {"A": 100, "B": 60, "C": 40}


def test_taken_back_it_was_never_so_and_what_bounced_or_was_taken_back_pays_nothing(book, three):
    said = book.later("payment-P", "2026-06-10", ("C", "100"))
    assert open_of([*three, said, book.reversal(said.id)], "2026-06-30") == {"B": 100, "C": 100}
    for gone in (book.reversal("payment-P"), book.bounce("P", "2026-06-11")):
        assert open_of([*three, said, gone], "2026-06-30") == {"A": 100, "B": 100, "C": 100}


def test_a_credit_note_and_a_bill_are_allocated_likewise(book, three):
    three[3] = book.credit_note("K", "100", "2026-05-10", "A")
    assert open_of([*three, book.later("credit-K", "2026-06-10", ("B", "30"))], "2026-06-30") == {
        "A": 30,
        "B": 70,
        "C": 100,
    }
    three[3] = book.bill("W", "100", "2026-05-10", "2026-09-10")
    assert open_of([*three, book.later("bill-W", "2026-06-10", ("C", "30"))], "2026-06-30") == {
        "A": 30,
        "B": 100,
        "C": 70,
    }


def asked(entry: str = "payment-P", on: str = "2026-06-10", **named: str) -> Allocate:
    allocations = tuple(AllocatedTo(invoice=number, amount=Decimal(amount)) for number, amount in named.items())
    return Allocate(entry, allocations, date.fromisoformat(on), "The dealer said so.", "he.fang")


def test_what_may_be_named_is_named(three):
    three[3] = structs.replace(three[3], id=MONEY)
    assert allocate(three, asked(MONEY, A="40", C="60"), TODAY) == PaymentAllocated(
        entry=MONEY, kind="payment", source="erp", number="P", allocated_on=date(2026, 6, 10),
        allocations=(AllocatedTo(invoice="A", amount=Decimal(40)), AllocatedTo(invoice="C", amount=Decimal(60))),
        reason="The dealer said so.", by="he.fang",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (asked(C="100.01"), "more-than-is-left"),
        (asked(A="60", C="60"), "more-than-is-left"),
        (asked(X="1"), "unknown-invoice"),
        (asked("invoice-A", C="1"), "not-allocatable"),
        (asked(on="2026-05-09", C="1"), "not-allocatable"),
        (asked(on="2026-07-01", C="1"), "future-date"),
    ],
)
def test_what_the_money_does_not_bear_is_refused(three, command, code):
    with pytest.raises(Refused) as refused:
        money_for(three, command, TODAY)
    assert refused.value.code == code


def test_never_more_than_is_open_by_name_nor_than_is_left_today(book, three):
    named = [*three, book.payment("Q", "70", "2026-06-20", "C")]
    with pytest.raises(Refused, match="30 of invoice C can be named on 2026-06-30"):
        money_for(named, asked(C="31"), TODAY)
    assert money_for(named, asked(C="30"), TODAY).number == "P"
    later = [*three, book.later("payment-P", "2026-06-20", ("A", "70"))]
    with pytest.raises(Refused, match="30 of payment P is not named on 2026-06-30"):
        money_for(later, asked(C="31"), TODAY)
    with pytest.raises(Refused, match="bounced"):
        money_for([*three, book.bounce("P", "2026-06-30")], asked(C="1"), TODAY)


def test_it_moves_no_balance_and_stands_on_no_statement(book, three):
    said = book.later("payment-P", "2026-06-10", ("C", "100"))
    first, last = date(2026, 6, 1), date(2026, 6, 30)
    assert statement([*three, said], first, last) == statement(three, first, last)
