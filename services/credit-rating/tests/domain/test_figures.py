from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from credit_rating.domain.ageing import ageing, days_sales_outstanding
from credit_rating.domain.entries import Invoice, Payment
from credit_rating.domain.figures import FigureRules, figures, nothing, together
from credit_rating.domain.policy.provision import ProvisionRule
from credit_rating.domain.receivables import receivables

AS_OF = date(2026, 6, 30)
LIMITS = (0, 30, 60, 90, 120)
RULES = FigureRules(LIMITS, "due_date", ProvisionRule())
days = st.dates(date(2025, 3, 1), date(2026, 7, 31))
amounts = st.integers(1, 10**6).map(lambda cents: Decimal(cents).scaleb(-2))
document = {"id": st.uuids().map(str), "source": st.just("erp"), "number": st.uuids().map(str)}
ledger = st.lists(
    st.builds(Invoice, **document, amount=amounts, issued_on=days, due_on=days, method=st.just("credit"))
    | st.builds(Payment, **document, amount=amounts, received_on=days),
    max_size=8,
)


def test_the_provision_takes_its_share_of_each_bucket_and_is_rounded_once(book):
    entries = [
        book.invoice("not due", "1000.00", "2026-06-15", "2026-06-30"),
        book.invoice("1 day", "33.33", "2026-05-15", "2026-06-29"),
        book.invoice("30 days", "33.33", "2026-05-01", "2026-05-31"),
        book.invoice("31 days", "10.00", "2026-05-01", "2026-05-30"),
        book.invoice("61 days", "10.00", "2026-04-01", "2026-04-30"),
        book.invoice("91 days", "10.00", "2026-03-01", "2026-03-31"),
        book.invoice("121 days", "10.01", "2026-02-01", "2026-03-01"),
    ]
    sums = figures(entries, AS_OF, RULES)
    assert sums.provided_for == tuple(map(Decimal, ("1000.00", "66.66", "10.00", "10.00", "10.00", "10.01")))
    # 66.66 × 0.005 = 0.3333; 0.20; 0.50; 2.00; 10.01 × 0.5 = 5.005: together 8.0383
    assert (sums.provision, sums.open_items) == (Decimal("8.04"), 7)


def test_unapplied_credit_lessens_the_balance_and_not_the_provision(book):
    entries = [
        book.invoice("A", "100.00", "2026-02-01", "2026-03-01"),
        book.payment("P", "60.00", "2026-04-01", "of an invoice still to come"),
    ]
    sums = figures(entries, AS_OF, RULES)
    assert (sums.balance, sums.unapplied, sums.provision) == (40, 60, 50)


def test_the_rates_of_two_dealers_are_made_of_their_sums(book):
    prompt = figures(
        [book.invoice("A", "900", "2026-05-01", "2026-05-31"), book.payment("P", "900", "2026-05-20", "A")],
        AS_OF, RULES,
    )  # fmt: skip
    late = figures([book.invoice("B", "100", "2026-05-01", "2026-05-21")], AS_OF, RULES)
    both = together(prompt, late)
    assert (both.dealers, both.balance, both.longest_overdue_days) == (2, 100, 40)
    assert (both.on_time_share, both.average_days_late) == (Decimal("0.9000"), Decimal("4.0"))
    assert both.days_sales_outstanding == Decimal("9.0")  # 100 ÷ 1,000 × 90


def test_a_rate_of_nothing_is_none(book):
    sums = figures([], AS_OF, RULES)
    assert (sums.days_sales_outstanding, sums.on_time_share, sums.average_days_late) == (None, None, None)
    unpaid = figures([book.invoice("old", "5", "2026-01-01", "2026-07-01")], AS_OF, RULES)
    assert (unpaid.balance, unpaid.days_sales_outstanding, unpaid.on_time_share) == (5, None, None)


@settings(max_examples=40, deadline=None)
@given(st.lists(ledger, max_size=4), st.sampled_from(["due_date", "invoice_date"]))
def test_the_figures_of_many_are_the_sums_of_the_rules_own(ledgers, by):
    rules = RULES._replace(by=by)
    total = nothing(rules)
    for entries in ledgers:
        total = together(total, figures(entries, AS_OF, rules))
    owed = [receivables(entries, AS_OF) for entries in ledgers]
    assert total.dealers == len(ledgers)
    assert total.balance == sum(each.balance for each in owed) == sum(total.columns)
    assert total.open_invoices == sum(total.provided_for) == total.balance + total.unapplied
    aged = [ageing(each, LIMITS, by) for each in owed]
    assert list(total.columns) == [sum(c.amount for c in place) for place in zip(*aged, strict=True)] or not ledgers
    assert total.provision == sum(figures(entries, AS_OF, rules).provision for entries in ledgers)
    if len(owed) == 1:
        assert total.days_sales_outstanding == days_sales_outstanding(owed[0])


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"limits": [0, 30]}, "one more than limits"),
        ({"limits": [1, 30], "shares": ["0", "0.1", "0.2"]}, "start at 0"),
        ({"limits": [0, 30], "shares": ["0", "0.2", "0.1"]}, "must not fall"),
        ({"limits": [0, 30], "shares": ["0", "0.2", "1.1"]}, "less than or equal to 1"),
        ({"limits": [0, 30], "shares": ["0", 0.2, "1"]}, "as a string"),
    ],
)
def test_a_provision_that_does_not_fit_is_refused(said, sentence):
    with pytest.raises(ValidationError, match=sentence):
        ProvisionRule.model_validate(said)
