from datetime import date
from decimal import Decimal

from credit_rating.domain.receivables import receivables
from credit_rating.domain.unapplied import unapplied

AS_OF = date(2026, 6, 30)


def left(*entries):
    found = unapplied(receivables(entries, AS_OF))
    return [(each.number, each.amount, each.why, each.waiting, each.waiting_for) for each in found]


def test_money_for_an_unknown_invoice_waits_for_it_and_the_rest_has_nothing_to_pay(book):
    entries = [
        book.invoice("A", "10", "2026-06-01"),
        book.payment("late", "5", "2026-06-20"),
        book.payment("early", "100", "2026-06-02", ("X", "30"), ("A", "10")),
    ]
    assert left(*entries) == [
        ("early", 90, "unknown-invoice", 30, ("X",)),
        ("late", 5, "nothing-open", 0, ()),
    ]


def test_it_leaves_once_the_invoice_comes_and_a_credit_note_waits_like_money(book):
    note = book.credit_note("K", "8", "2026-06-03", "X")
    assert left(note) == [("K", 8, "unknown-invoice", 8, ("X",))]
    assert left(note, book.invoice("X", "20", "2026-06-04")) == []


def test_what_is_left_adds_up_to_the_unapplied_credit(book):
    entries = [book.payment(f"P{n}", f"{n}.25", f"2026-06-0{n}", *(["X"] if n % 2 else [])) for n in range(1, 6)]
    owed = receivables([*entries, book.invoice("A", "3.00", "2026-06-01")], AS_OF)
    assert sum(each.amount for each in unapplied(owed)) == owed.unapplied == Decimal("13.25")
