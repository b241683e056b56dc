from datetime import date
from decimal import Decimal

import pytest

from credit_rating.domain.ageing import ageing, days_sales_outstanding, overdue_beyond
from credit_rating.domain.receivables import receivables

LIMITS = (0, 30, 60, 90, 120)
AS_OF = date(2026, 6, 30)


@pytest.mark.parametrize(
    ("due", "column"),
    [
        ("2026-07-01", "not_due"),
        ("2026-06-30", "not_due"),
        ("2026-06-29", "1-30"),
        ("2026-05-31", "1-30"),
        ("2026-05-30", "31-60"),
        ("2026-05-01", "31-60"),
        ("2026-04-30", "61-90"),
        ("2026-04-01", "61-90"),
        ("2026-03-31", "91-120"),
        ("2026-03-02", "91-120"),
        ("2026-03-01", "over-120"),
    ],
)
def test_an_invoice_stands_in_the_column_of_its_days_past_due(book, due, column):
    columns = ageing(receivables([book.invoice("A", "10", "2026-01-01", due)], AS_OF), LIMITS)
    assert {name: amount for name, amount in columns if amount} == {column: 10}


def test_unapplied_credit_is_a_negative_column_of_its_own(book):
    owed = receivables([book.invoice("A", "10", "2026-06-01"), book.payment("P", "25", "2026-06-02")], AS_OF)
    columns = dict(ageing(owed, LIMITS))
    assert columns["unapplied_credit"] == -15
    assert sum(columns.values()) == owed.balance == -15


def test_ageing_by_invoice_date_on_request(book):
    owed = receivables([book.invoice("A", "10", "2026-05-01", "2026-07-30")], AS_OF)
    assert dict(ageing(owed, LIMITS, by="invoice_date"))["31-60"] == 10


def test_what_was_settled_on_the_as_of_date_is_closed(book):
    entries = [book.invoice("A", "10", "2026-05-01"), book.payment("P", "10", "2026-06-30", "A")]
    assert receivables(entries, AS_OF).open_items == []


def test_days_sales_outstanding_divides_by_what_was_invoiced_in_the_last_ninety_days(book):
    entries = [
        book.invoice("old", "500", "2026-04-01"),
        book.invoice("new", "900", "2026-04-02"),
        book.payment("P", "500", "2026-05-01", "old"),
        book.payment("Q", "600", "2026-06-01", "new"),
    ]
    assert days_sales_outstanding(receivables(entries, AS_OF)) == Decimal("30.0")


def test_days_sales_outstanding_is_null_where_nothing_was_invoiced(book):
    assert days_sales_outstanding(receivables([book.invoice("old", "500", "2025-04-01")], AS_OF)) is None


def test_overdue_counts_only_what_is_more_than_so_many_days_past_due(book):
    owed = receivables(
        [book.invoice("A", "40", "2026-01-01", "2026-06-23"), book.invoice("B", "60", "2026-01-01", "2026-06-22")],
        AS_OF,
    )
    assert overdue_beyond(owed, 7) == 60
    assert owed.longest_overdue_days == 8
