"""What was given up, and what came of it all the same (domain.md 2.1)."""

from datetime import date

from credit_rating.domain.payment_record import due_or_overdue, payment_record
from credit_rating.domain.receivables import receivables

AS_OF = date(2026, 6, 30)
WINDOW = date(2025, 7, 1)


def record(*entries):
    owed = receivables(entries, AS_OF)
    return payment_record(due_or_overdue(owed, WINDOW), AS_OF)


def test_a_write_off_takes_its_amount_off_the_receivables_from_its_day_on(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.write_off("W", "40", "2026-06-01", "A"),
    ]
    assert receivables(entries, date(2026, 5, 31)).balance == 100
    owed = receivables(entries, date(2026, 6, 1))
    assert (owed.balance, owed.written_off, owed.unapplied) == (60, 40, 0)


def test_what_a_write_off_says_beyond_what_is_open_is_nothing_and_never_a_credit(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.invoice("B", "50", "2026-01-01", "2026-02-01"),
        book.payment("P", "70", "2026-03-01", "A"),
        book.write_off("W", "100", "2026-06-01", "A"),
    ]
    owed = receivables(entries, AS_OF)
    assert (owed.balance, owed.written_off) == (50, 30)


def test_money_that_names_no_invoice_goes_past_what_is_written_off(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.invoice("B", "50", "2026-01-05", "2026-02-05"),
        book.write_off("W", "100", "2026-06-01", "A"),
        book.payment("P", "50", "2026-06-10"),
    ]
    assert receivables(entries, AS_OF).open_items == []


def test_a_write_off_without_its_invoice_is_nothing_until_the_invoice_comes(book):
    lost = book.write_off("W", "40", "2026-06-01", "A")
    assert receivables([lost], AS_OF).balance == 0
    assert receivables([lost, book.invoice("A", "100", "2026-01-01")], AS_OF).balance == 60


def test_a_written_off_invoice_counts_as_never_paid(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.payment("P", "60", "2026-02-01", "A"),
        book.write_off("W", "40", "2026-06-01", "A"),
    ]
    found = record(*entries)
    assert (found.value, found.paid_on_time, found.worst_days_late) == (100, 60, 149)


def test_writing_off_what_is_long_overdue_does_not_clean_the_record(book):
    entries = [book.invoice("A", "100", "2024-01-01", "2024-02-01"), book.write_off("W", "100", "2025-01-01", "A")]
    assert record(*entries).worst_days_late == (AS_OF - date(2024, 2, 1)).days


def test_money_for_what_was_written_off_pays_no_invoice_and_is_shown_on_its_own(book):
    entries = [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.invoice("B", "50", "2026-06-01", "2026-07-01"),
        book.write_off("W", "100", "2026-06-01", "A"),
        book.recovery("R", "30", "2026-06-20", "A"),
    ]
    owed = receivables(entries, AS_OF)
    assert (owed.balance, owed.unapplied, owed.written_off, owed.recovered) == (50, 0, 100, 30)
    assert receivables(entries, date(2026, 6, 19)).recovered == 0
    assert record(*entries).paid_on_time == 0
