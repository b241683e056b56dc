from datetime import date
from decimal import Decimal

import pytest

from credit_rating.domain.receivables import receivables

END = date(2026, 6, 30)


def opened(entries, as_of=END):
    """Open amounts by invoice number."""
    return {item.invoice.number: item.open for item in receivables(entries, as_of).open_items}


@pytest.fixture
def three(book):
    return [
        book.invoice("A", "100", "2026-01-01", "2026-02-01"),
        book.invoice("B", "100", "2026-01-02", "2026-02-01"),
        book.invoice("C", "100", "2026-01-01", "2026-03-01"),
    ]


def test_money_that_names_nothing_pays_the_oldest_due_date_then_invoice_date_first(three, book):
    assert opened([*three, book.payment("P", "150", "2026-03-01")]) == {"B": 50, "C": 100}


def test_equal_dates_are_paid_in_the_order_of_document_numbers(book):
    same = [book.invoice(number, "100", "2026-01-01", "2026-02-01") for number in ("N2", "N1")]
    assert opened([*same, book.payment("P", "100", "2026-03-01")]) == {"N2": 100}


def test_a_named_invoice_is_paid_before_older_ones_and_before_earlier_money_that_names_nothing(three, book):
    early, named = book.payment("P1", "100", "2026-03-01"), book.payment("P2", "100", "2026-04-01", "A")
    assert opened([*three, early, named]) == {"C": 100}


def test_a_named_amount_goes_to_its_invoice_and_the_rest_to_the_oldest(three, book):
    assert opened([*three, book.payment("P", "150", "2026-03-01", ("C", "40"))]) == {"B": 90, "C": 60}


def test_a_named_allocation_stops_at_the_open_amount(three, book):
    assert opened([*three, book.payment("P", "130", "2026-03-01", ("C", "130"))]) == {"A": 70, "B": 100}


def test_stated_amounts_come_before_as_much_as_is_open(three, book):
    assert opened([*three, book.payment("P", "100", "2026-03-01", "A", ("C", "80"))]) == {"A": 80, "B": 100, "C": 20}


def test_money_for_an_unknown_invoice_stays_unapplied_until_the_invoice_comes(three, book):
    prepaid = book.payment("P", "70", "2026-03-01", "D")
    before = receivables([*three, prepaid], END)
    assert (before.open_invoices, before.unapplied, before.balance) == (300, 70, 230)
    assert before.unapplied_credits == [("P", Decimal(70))]
    after = receivables([*three, prepaid, book.invoice("D", "90", "2026-06-01")], END)
    assert after.unapplied == 0
    assert opened([*three, prepaid, book.invoice("D", "90", "2026-06-01")]) == {"A": 100, "B": 100, "C": 100, "D": 20}


def test_an_unknown_invoice_holds_only_what_is_named_for_it(three, book):
    paid = receivables([*three, book.payment("P", "150", "2026-03-01", ("X", "50"))], END)
    assert (paid.open_invoices, paid.unapplied) == (200, 50)


def test_an_unknown_invoice_that_names_no_amount_gets_what_the_known_ones_leave(three, book):
    paid = [*three, book.payment("P", "150", "2026-03-01", "X", "C")]
    assert opened(paid) == {"A": 100, "B": 100}
    assert receivables(paid, END).unapplied == 50


def test_a_bank_may_name_the_only_invoice_of_that_number_from_another_source(three, book):
    assert opened([*three, book.payment("P", "100", "2026-03-01", "C", source="bank")]) == {"A": 100, "B": 100}


def test_a_number_that_two_other_sources_bear_is_nobodys(book):
    twice = [book.invoice("A", "100", "2026-01-01", source=source, id=source) for source in ("erp", "old")]
    assert receivables([*twice, book.payment("P", "100", "2026-03-01", "A", source="bank")], END).unapplied == 100


def test_a_credit_note_takes_off_its_invoice_first_and_then_the_oldest(three, book):
    assert opened([*three, book.credit_note("K", "120", "2026-03-01", "C")]) == {"A": 80, "B": 100}


def test_facts_after_the_as_of_date_are_not_there_yet(three, book):
    entries = [*three, book.payment("P", "100", "2026-03-02", "A")]
    assert opened(entries, date(2026, 3, 1)) == {"A": 100, "B": 100, "C": 100}
    assert opened(entries, date(2026, 3, 2)) == {"B": 100, "C": 100}
    assert opened(entries, date(2026, 1, 1)) == {"A": 100, "C": 100}


def test_a_reversed_entry_was_never_so_at_any_date(three, book):
    entries = [*three, book.payment("P", "100", "2026-03-01", "A"), book.reversal("payment-P")]
    assert opened(entries) == opened(three)
    assert opened([*three, book.reversal("invoice-B")], date(2026, 2, 1)) == {"A": 100, "C": 100}


def test_an_invoice_says_what_paid_it_when_and_how_much_by_its_due_date(three, book):
    entries = [*three, book.payment("P1", "60", "2026-02-01", "A"), book.payment("P2", "40", "2026-02-02", "A")]
    item = receivables(entries, END).items[0]
    assert [(s.on, s.amount) for s in item.settlements] == [(date(2026, 2, 1), 60), (date(2026, 2, 2), 40)]
    assert item.paid_by_due == 60


def test_money_from_before_an_invoice_settles_it_on_the_day_it_was_issued(book):
    item = receivables([book.payment("P", "50", "2026-01-01"), book.invoice("A", "50", "2026-02-01")], END).items[0]
    assert [s.on for s in item.settlements] == [date(2026, 2, 1)]


def test_settlements_are_in_the_order_of_their_dates_however_they_were_allocated(book):
    early, named = book.payment("P1", "30", "2026-01-05"), book.payment("P2", "50", "2026-03-01", "A")
    item = receivables([book.invoice("A", "80", "2026-01-01"), named, early], END).items[0]
    assert [s.document for s in item.settlements] == ["P1", "P2"]
