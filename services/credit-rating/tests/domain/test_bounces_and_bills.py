"""Money that came back, and paper that is not money yet (domain.md 2.1, 2.2, 2.7)."""

from datetime import date
from decimal import Decimal
from itertools import permutations

from credit_rating.domain.ageing import ageing
from credit_rating.domain.payment_record import due_or_overdue, payment_record
from credit_rating.domain.receivables import receivables

DUE = "2026-02-01"


def on(day, *entries):
    return receivables(entries, date.fromisoformat(day))


def opened(day, *entries):
    return {item.invoice.number: item.open for item in on(day, *entries).open_items}


def test_a_payment_counts_until_the_day_before_it_bounces_and_from_then_on_pays_nothing(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", DUE),
        book.payment("P", "100", "2026-01-20", "A"),
        book.bounce("P", "2026-01-25"),
    ]
    assert opened("2026-01-24", *entries) == {}
    assert opened("2026-01-25", *entries) == {"A": 100}


def test_what_bounced_is_open_at_its_original_due_date(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", DUE),
        book.payment("P", "100", "2026-01-20", "A"),
        book.bounce("P", "2026-03-31"),
    ]
    columns = dict(ageing(on("2026-03-31", *entries), (0, 30, 60)))
    assert columns["31-60"] == 100, "58 days after the due date, none after the bounce"


def test_a_bounce_that_comes_before_its_payment_waits_for_it_in_whatever_order_they_come(book):
    bounce, invoice = book.bounce("P", "2026-01-25"), book.invoice("A", "100", "2026-01-01", DUE)
    assert opened("2026-03-01", bounce, invoice) == {"A": 100}
    for entries in permutations([invoice, bounce, book.payment("P", "100", "2026-01-20", "A")]):
        assert opened("2026-03-01", *entries) == {"A": 100}
        assert opened("2026-01-24", *entries) == {}


def test_a_bounce_is_of_the_payment_of_its_own_source_and_kind(book):
    paid = [book.invoice("A", "100", "2026-01-01", DUE), book.payment("P", "100", "2026-01-20", "A", source="bank")]
    assert opened("2026-03-01", *paid, book.bounce("P", "2026-01-25")) == {}
    assert opened("2026-03-01", *paid, book.bounce("P", "2026-01-25", of="bill")) == {}


def test_a_bounce_that_was_taken_back_was_never_so(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", DUE),
        book.payment("P", "100", "2026-01-20", "A"),
        book.bounce("P", "2026-01-25"),
    ]
    assert opened("2026-03-01", *entries, book.reversal("bounce-payment-P")) == {}


def test_a_bounced_payment_is_no_payment_in_the_record_and_the_money_that_replaces_it_counts_on_its_own_day(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", DUE),
        book.payment("P", "100", "2026-01-20", "A"),
        book.bounce("P", "2026-01-25"),
        book.payment("P-2", "100", "2026-02-11", "A"),
    ]
    record = payment_record(on("2026-03-01", *entries).items, date(2026, 3, 1))
    assert (record.on_time_share, record.worst_days_late) == (0, 10)


def test_a_bill_settles_from_the_day_it_is_received_by_name_or_oldest_first(book):
    invoices = [book.invoice("A", "60", "2026-01-01", DUE), book.invoice("B", "100", "2026-01-05", "2026-02-05")]
    assert opened("2026-01-09", *invoices, book.bill("Y", "100", "2026-01-10", "2026-07-10")) == {"A": 60, "B": 100}
    assert opened("2026-01-10", *invoices, book.bill("Y", "100", "2026-01-10", "2026-07-10")) == {"B": 60}
    assert opened("2026-01-10", *invoices, book.bill("Y", "100", "2026-01-10", "2026-07-10", "B")) == {"A": 60}


def test_a_bill_received_by_the_due_date_pays_on_time(book):
    entries = [book.invoice("A", "100", "2026-01-01", DUE), book.bill("Y", "100", DUE, "2026-07-31", "A")]
    owed = on("2026-03-01", *entries)
    assert payment_record(due_or_overdue(owed, date(2025, 3, 2)), owed.as_of).on_time_share == 1


def test_a_bill_is_unmatured_until_the_day_before_it_matures(book):
    entries = [book.invoice("A", "100", "2026-01-01", DUE), book.bill("Y", "80", "2026-01-10", "2026-07-10")]
    assert [on(day, *entries).unmatured_bills for day in ("2026-01-09", "2026-01-10", "2026-07-09", "2026-07-10")] == [
        0, 80, 80, 0,
    ]  # fmt: skip
    assert on("2026-07-10", *entries).balance == 20


def test_a_dishonoured_bill_settles_nothing_from_that_day_on_and_is_unmatured_no_more(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", DUE),
        book.bill("Y", "80", "2026-01-10", "2026-07-10", "A"),
        book.bounce("Y", "2026-05-01", of="bill"),
    ]
    before, after = on("2026-04-30", *entries), on("2026-05-01", *entries)
    assert (before.open_invoices, before.unmatured_bills) == (20, 80)
    assert (after.open_invoices, after.unmatured_bills) == (100, 0)


def test_unapplied_money_of_a_bill_gives_no_headroom_before_it_matures(book):
    owed = on("2026-02-01", book.bill("Y", "80", "2026-01-10", "2026-07-10"))
    assert owed.balance + owed.unmatured_bills == Decimal(0)
