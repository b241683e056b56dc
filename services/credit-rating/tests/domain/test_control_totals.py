"""Control totals: what a source says of a month, the last said counts; equal only where everything agrees."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_rating.domain.control_totals import CONTROL_TOTALS, MOST_SOURCES, Compared, ControlTotal, Handed, HandIn
from credit_rating.domain.missing_numbers import places_of
from events import ControlTotalsReceived
from events.decider import Refused

INVOICES = ControlTotal(
    kind="invoice", documents=3, amount=Decimal("30.50"), first_number="INV-07", last_number="INV-09"
)
PAYMENTS = ControlTotal(kind="payment", documents=1, amount=Decimal("7"))


def hand_in(*totals, source="ERP", period="2026-05", today=date(2026, 6, 1)):
    return HandIn(source=source, period=period, totals=totals or (INVOICES,), by="erp-feed", today=today)


def received(total, source="ERP"):
    return ControlTotalsReceived(source=source, period="2026-05", **total.model_dump(), by="erp-feed")


def after(*events):
    return CONTROL_TOTALS.fold(Handed(), events)


def test_each_kind_is_an_event_and_what_was_said_alike_before_is_none():
    assert CONTROL_TOTALS.decide(after(), hand_in(INVOICES, PAYMENTS)) == [received(INVOICES), received(PAYMENTS)]
    alike = PAYMENTS.model_copy(update={"amount": Decimal("7.00")})
    more = INVOICES.model_copy(update={"documents": 4})
    assert CONTROL_TOTALS.decide(after(received(INVOICES), received(PAYMENTS)), hand_in(more, alike)) == [
        received(more)
    ]


def test_what_was_said_before_and_taken_back_since_is_said_again():
    more = INVOICES.model_copy(update={"documents": 4})
    assert CONTROL_TOTALS.decide(after(received(INVOICES), received(more)), hand_in()) == [received(INVOICES)]
    assert CONTROL_TOTALS.decide(after(received(INVOICES, "SAP")), hand_in()) == [received(INVOICES)]


@pytest.mark.parametrize("first, last", [
    ("INV-07", None), (None, "INV-09"), ("INV-09", "INV-07"), ("INV-07", "INW-09"), ("INV", "INV-9"),
])  # fmt: skip
def test_numbers_that_are_no_range_are_refused(first, last):
    with pytest.raises(Refused) as refused:
        CONTROL_TOTALS.decide(
            after(), hand_in(INVOICES.model_copy(update={"first_number": first, "last_number": last}))
        )
    assert refused.value.code == "range-implausible"


@pytest.mark.parametrize("command, code", [
    (hand_in(period="2026-07"), "future-date"), (hand_in(INVOICES, INVOICES), "kind-twice"),
])  # fmt: skip
def test_a_month_to_come_and_a_kind_said_twice_are_refused(command, code):
    with pytest.raises(Refused) as refused:
        CONTROL_TOTALS.decide(after(), command)
    assert refused.value.code == code


def test_a_month_knows_so_many_sources_and_no_more():
    full = after(*(received(PAYMENTS, f"S{n}") for n in range(MOST_SOURCES)))
    with pytest.raises(Refused, match="At most 50 sources"):
        CONTROL_TOTALS.decide(full, hand_in())
    assert CONTROL_TOTALS.decide(full, hand_in(INVOICES, source="S1")) == [received(INVOICES, "S1")]


@pytest.mark.parametrize("compared, state", [
    (Compared(3, Decimal("30.5"), 3, Decimal("30.50"), 0), "equal"),
    (Compared(3, Decimal("30.50"), 3, Decimal("30.50"), None), "equal"),
    (Compared(3, Decimal("30.50"), 3, Decimal("30.50"), 1), "differs"),
    (Compared(2, Decimal("30.50"), 3, Decimal("30.50"), 0), "differs"),
    (Compared(3, Decimal("30.49"), 3, Decimal("30.50"), 0), "differs"),
    (Compared(3, Decimal("30.50"), None, None, None), "not_handed_in"),
])  # fmt: skip
def test_only_where_count_sum_and_every_number_agree_it_is_equal(compared, state):
    assert compared.state == state


@given(st.sets(st.integers(0, 60)), st.integers(0, 60), st.integers(0, 60))
def test_there_and_missing_are_the_whole_range(there, one, other):
    low, high = min(one, other), max(one, other)
    missing = places_of([*(f"N-{n:02}" for n in there), *(f"M-{n}" for n in range(60))]).missing(
        f"N-{low}", f"N-{high}"
    )
    assert missing == len(set(range(low, high + 1)) - there)
