from datetime import date
from decimal import Decimal
from fractions import Fraction

import msgspec

from credit_rating.domain.payment_record import due_or_overdue, payment_record
from credit_rating.domain.receivables import receivables

AS_OF = date(2026, 6, 30)
WINDOW = date(2025, 7, 1)


def record(*entries):
    owed = receivables(entries, AS_OF)
    return payment_record(due_or_overdue(owed, WINDOW), AS_OF)


def test_share_on_time_is_value_paid_by_its_due_date(book):
    paid = record(
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.payment("P1", "60", "2026-01-20", "A"),
        book.payment("P2", "40", "2026-02-11", "A"),
    )
    assert (paid.value, paid.paid_on_time, paid.worst_days_late) == (100, 60, 10)
    assert paid.on_time_share == Fraction(6, 10)


def test_days_late_are_weighted_by_value_and_early_counts_as_none(book):
    paid = record(
        book.invoice("A", "300", "2026-01-01", "2026-02-01"),
        book.invoice("B", "100", "2026-01-01", "2026-03-01"),
        book.payment("P1", "300", "2026-01-05", "A"),
        book.payment("P2", "100", "2026-03-09", "B"),
    )
    assert paid.average_days_late == 2


def test_what_is_still_open_is_late_by_as_of_minus_due(book):
    assert record(book.invoice("A", "100", "2026-01-01", "2026-06-20")).worst_days_late == 10


def test_an_invoice_due_today_and_unpaid_is_not_late_and_not_paid_on_time(book):
    paid = record(book.invoice("A", "100", "2026-01-01", "2026-06-30"))
    assert (paid.value, paid.paid_on_time, paid.worst_days_late) == (100, 0, 0)


def test_credit_notes_lower_the_value_and_pay_nothing(book):
    paid = record(
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.credit_note("K", "20", "2026-05-01", "A"),
        book.payment("P", "80", "2026-02-01", "A"),
    )
    assert (paid.value, paid.on_time_share) == (80, 1)


def test_the_window_holds_what_fell_due_in_it_and_anything_still_overdue(book):
    paid = record(
        book.invoice("settled long ago", "1", "2025-05-01", "2025-06-30"),
        book.payment("P", "1", "2025-06-30", "settled long ago"),
        book.invoice("first day of the window", "10", "2025-05-01", "2025-07-01"),
        book.invoice("overdue for ages", "100", "2024-01-01", "2024-02-01"),
        book.invoice("not due", "1000", "2026-06-29", "2026-07-01"),
    )
    assert (paid.invoices, paid.value) == (2, 110)


def test_a_disputed_amount_is_left_out_while_the_dispute_is_open(book):
    paid = record(
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.payment("P", "70", "2026-02-01", "A"),
        book.dispute("A", "30", "2026-02-10"),
    )
    assert (paid.value, paid.on_time_share, paid.worst_days_late) == (70, 1, 0)


def test_a_disputed_invoice_that_was_paid_late_leaves_its_latest_part_out(book):
    paid = record(
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.payment("P1", "70", "2026-02-01", "A"),
        book.payment("P2", "30", "2026-04-01", "A"),
        book.dispute("A", "30", "2026-02-10"),
    )
    assert (paid.value, paid.worst_days_late) == (70, 0)


def test_a_dismissed_dispute_counts_again(book):
    contested = [book.invoice("A", "100", "2026-01-01", "2026-02-01"), book.dispute("A", "100", "2026-02-10")]
    assert record(*contested).value == 0
    assert record(*contested, book.outcome("A", "2026-03-01", "dismissed")).value == 100


def test_an_outcome_decides_the_disputes_raised_before_it_and_none_after(book):
    again = record(
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.dispute("A", "40", "2026-02-10"),
        book.outcome("A", "2026-03-01", "dismissed"),
        book.dispute("A", "25", "2026-03-02"),
    )
    assert again.value == 75


def test_a_dispute_raised_and_dismissed_on_one_day_counts(book):
    contested = [book.invoice("A", "100", "2026-01-01", "2026-02-01"), book.dispute("A", "100", "2026-02-10")]
    assert record(*contested, book.outcome("A", "2026-02-10", "dismissed")).value == 100


def test_an_upheld_dispute_is_not_taken_off_twice_once_it_is_credited(book):
    upheld = [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.dispute("A", "30", "2026-02-10"),
        book.outcome("A", "2026-03-01", "upheld"),
    ]
    assert record(*upheld).value == 70
    assert record(*upheld, book.credit_note("K", "30", "2026-03-05", "A")).value == 70


def test_a_credit_note_from_before_a_dispute_is_about_something_else(book):
    """1,000 less 300 returned, 400 paid, 300 contested with success: what was paid is judged, and no more."""
    entries = [
        book.invoice("A", "1000", "2026-01-01", "2026-02-01"),
        book.credit_note("K", "300", "2026-01-05", "A"),
        book.payment("P", "400", "2026-02-01", "A"),
        book.dispute("A", "300", "2026-01-25"),
        book.outcome("A", "2026-02-10", "upheld"),
    ]
    assert (record(*entries).value, record(*entries).worst_days_late) == (400, 0)


def test_a_dispute_finds_its_invoice_as_a_payment_does_whatever_source_reports_it(book):
    contested = [book.invoice("A", "100", "2026-01-01", "2026-02-01"), book.dispute("A", "100", "2026-02-10")]
    contested[1] = msgspec.structs.replace(contested[1], source="crm")
    assert record(*contested).value == 0


def test_a_dispute_raised_on_the_day_another_is_dismissed_is_open(book):
    contested = [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.dispute("A", "40", "2026-02-03"),
        msgspec.structs.replace(book.dispute("A", "30", "2026-02-10"), id="another"),
        book.outcome("A", "2026-02-10", "dismissed"),
    ]
    assert record(*contested).value == 70


def test_an_old_invoice_of_which_only_what_is_in_dispute_is_open_is_not_overdue(book):
    old = [
        book.invoice("OLD", "100", "2024-01-01", "2024-02-01"),
        book.payment("P", "90", "2024-04-03", "OLD"),
        book.invoice("NEW", "50", "2026-01-01", "2026-02-01"),
        book.payment("Q", "50", "2026-02-01", "NEW"),
    ]
    assert record(*old).worst_days_late > 62
    contested = record(*old, book.dispute("OLD", "10", "2024-05-01"))
    assert (contested.value, contested.worst_days_late) == (50, 0)


def test_a_record_of_nothing_has_no_share():
    assert payment_record([], AS_OF).on_time_share is None
    assert payment_record([], AS_OF).value == Decimal(0)
