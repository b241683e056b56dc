from datetime import date

import pytest

from credit_rating.domain.limitation import Restart, limitations, warned
from credit_rating.domain.policy.limitation import LimitationRule
from credit_rating.domain.receivables import receivables

RULE = LimitationRule()


def one(book, due, as_of, *restarts):
    owed = receivables([book.invoice("A", "10", "2019-12-01", due)], as_of)
    (found,) = limitations(owed, {"invoice-A": restarts}, RULE)
    return found


@pytest.mark.parametrize(("due", "last_day"), [("2023-02-10", date(2026, 2, 10)), ("2024-02-29", date(2027, 2, 28))])
def test_time_runs_three_years_from_the_due_date_clipped_to_the_months_end(book, due, last_day):
    assert one(book, due, date(2025, 1, 1)).last_day == last_day


def test_the_latest_restart_begins_it_anew_and_one_still_to_come_or_before_the_due_date_does_not(book):
    early, late = Restart(date(2022, 6, 1), "statement", "s1"), Restart(date(2024, 1, 15), "dunning", "r1")
    found = one(book, "2023-02-10", date(2025, 1, 1), late, early, Restart(date(2025, 1, 2), "statement", "s2"))
    assert (found.since, found.last_day) == (late, date(2027, 1, 15))
    assert one(book, "2023-02-10", date(2025, 1, 1), early).since.cause == "due_date"
    assert one(book, "2023-02-10", date(2025, 1, 2), Restart(date(2025, 1, 2), "statement")).last_day == date(
        2028, 1, 2
    )


@pytest.mark.parametrize(("as_of", "days_left", "is_warned"), [
    (date(2025, 11, 11), 91, False), (date(2025, 11, 12), 90, True), (date(2026, 2, 10), 0, True),
    (date(2026, 2, 11), -1, True),
])  # fmt: skip
def test_it_is_warned_from_ninety_days_before_its_last_day_on(book, as_of, days_left, is_warned):
    found = one(book, "2023-02-10", as_of)
    assert (found.days_left, bool(warned([found], RULE))) == (days_left, is_warned)


def test_a_demand_after_the_time_is_over_restarts_nothing_and_a_confirmation_does(book):
    """Over on 10 February 2026."""
    on_the_day, after = date(2026, 2, 10), date(2026, 2, 11)
    assert one(book, "2023-02-10", after, Restart(on_the_day, "dunning")).last_day == date(2029, 2, 10)
    assert one(book, "2023-02-10", after, Restart(after, "dunning")).last_day == on_the_day
    assert one(book, "2023-02-10", after, Restart(after, "statement")).last_day == date(2029, 2, 11)
    late = Restart(date(2026, 3, 1), "dunning"), Restart(after, "statement")
    assert one(book, "2023-02-10", date(2026, 3, 1), *late).last_day == date(2029, 3, 1)


def test_only_what_is_open_is_listed_and_what_ends_first_stands_first(book):
    entries = [
        book.invoice("A", "10", "2022-01-01", "2023-05-01"),
        book.invoice("B", "10", "2022-01-01", "2023-04-01"),
        book.invoice("C", "10", "2022-01-01", "2023-03-01"),
        book.payment("P", "10", "2023-06-01", "C"),
    ]
    found = limitations(receivables(entries, date(2025, 1, 1)), {}, RULE)
    assert [each.item.invoice.number for each in found] == ["B", "A"]
