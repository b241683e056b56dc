"""Stock reports: what is consigned, one identity however it comes, nothing absurd (domain.md 2.7, 3.1)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import InventoryReported
from events.decider import Refused
from events.ids import request_hash
from tiering.domain.inventory import ReportInventory, inventory_fact
from tiering.domain.sale import SalesFact

TODAY = date(2026, 3, 31)
STOCK: list[dict[str, Any]] = [
    {"product": "P-2", "quantity": "3", "value": "30.00", "consigned": True},
    {"product": "P-1", "quantity": "12", "value": "120.50"},
    {"product": "P-1", "quantity": "1.5", "value": "15.25", "consigned": True},
]
lines = st.lists(
    st.fixed_dictionaries(
        {
            "product": st.sampled_from(["P-1", "P-2"]),
            "quantity": st.integers(1, 9).map(str),
            "value": st.decimals(0, 10**6, places=2).map(str),
            "consigned": st.booleans(),
        }
    ),
    max_size=9,
)


def fact(stock: list[dict[str, Any]] = STOCK, **changed: Any) -> SalesFact:
    said = {
        "dealer": "0190b0c0-0000-7000-8000-000000000001", "source": "ERP", "number": "KC-1", "as_of": "2026-03-31",
        "currency": "CNY", "lines": stock,
    } | changed  # fmt: skip
    return inventory_fact(ReportInventory.model_validate(said), currency="CNY", today=TODAY)


def refusal(*stock: dict[str, Any], **changed: Any) -> str:
    with pytest.raises(Refused) as refused:
        fact(list(stock), **changed)
    return refused.value.code


def test_a_report_says_what_all_of_it_is_worth_and_what_of_it_is_consigned():
    event = fact().event
    assert isinstance(event, InventoryReported)
    assert (event.value, event.consigned_value) == (Decimal("165.75"), Decimal("45.25"))
    assert InventoryReported.model_validate_json(event.model_dump_json()) == event


def test_a_report_without_lines_says_that_nothing_is_there():
    event = fact([]).event
    assert isinstance(event, InventoryReported)
    assert (event.value, event.consigned_value, event.lines) == (0, 0, ())


@given(lines, st.randoms())
def test_in_what_order_the_lines_come_makes_no_difference_and_the_sums_are_theirs(stock, chance):
    shuffled = chance.sample(stock, len(stock))
    one, other = fact(stock), fact(shuffled)
    assert one.event == other.event and request_hash(one.stated) == request_hash(other.stated)
    assert one.event.consigned_value == sum(Decimal(each["value"]) for each in stock if each["consigned"])


@pytest.mark.parametrize("other", [{"as_of": "2026-03-30"}, {"lines": STOCK[1:]}])
def test_the_same_number_with_another_day_or_stock_is_a_conflict_and_no_new_report(other):
    one, changed = fact(), fact(**other)
    assert one.natural_key == changed.natural_key
    assert request_hash(one.stated) != request_hash(changed.stated)


def test_another_currency_a_day_to_come_and_an_absurd_value_are_refused():
    assert refusal(currency="USD") == "currency-other"
    assert refusal(as_of="2026-04-02") == "date-in-future"
    much = {"product": "P", "quantity": "1", "value": "999999999999.99"}
    assert refusal(much, much) == "amount-absurd"
