"""Sale lines: exact amounts, one identity whichever file brings them, and nothing absurd (domain.md 0, 3.1)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from events.decider import Refused
from events.ids import command_id, request_hash
from events.types.tiering import SaleLineReversed, SaleRecorded, SaleReturned
from tiering.domain.sale import RecordSale, ReturnSale, ReverseSaleLine, SalesFact, sales_fact
from tiering.domain.sale_line import EqualLines, SaleLine

TODAY = date(2026, 3, 2)
DEALER = "0190b0c0-0000-7000-8000-000000000001"
LINE: dict[str, Any] = {
    "dealer": DEALER,
    "source": "ERP",
    "invoice": "489434",
    "product": "85048",
    "quantity": "12",
    "unit_price": "6.955",
    "currency": "CNY",
    "sold_on": "2026-03-01",
}


def fact(kind: type[RecordSale] | type[ReturnSale] = RecordSale, **changed: Any) -> SalesFact:
    return sales_fact(kind.model_validate(LINE | changed), currency="CNY", today=TODAY)


def refusal(**changed: Any) -> str:
    with pytest.raises(Refused) as refused:
        fact(**changed)
    return refused.value.code


def test_the_amount_of_a_line_is_quantity_times_price_with_all_decimals_of_the_source():
    event = fact().event
    assert isinstance(event, SaleRecorded)
    assert (str(event.amount), event.quantity, event.unit_price) == ("83.460", 12, Decimal("6.955"))


def test_what_was_checked_as_a_command_is_a_valid_event():
    event = fact(unit_price="0", description="gift").event
    assert SaleRecorded.model_validate_json(event.model_dump_json()) == event


def test_a_returned_line_is_positive_and_of_its_own_type():
    event = fact(ReturnSale).event
    assert isinstance(event, SaleReturned)
    assert (event.quantity, event.amount) == (12, Decimal("83.46"))


def test_a_line_of_price_nothing_is_accepted():
    event = fact(unit_price="0.00").event
    assert isinstance(event, SaleRecorded)
    assert event.amount == 0


def test_a_return_is_never_a_repeat_of_the_sale_that_it_mirrors():
    assert fact().natural_key != fact(ReturnSale).natural_key


@pytest.mark.parametrize("again", [{"unit_price": "6.9550"}, {"quantity": "12.000"}, {"description": "another text"}])
def test_another_way_to_write_the_same_line_is_the_same_line_with_the_same_content(again):
    one, other = fact(description="a text"), fact(**({"description": "a text"} | again))
    assert command_id(*one.natural_key) == command_id(*other.natural_key)
    assert request_hash(one.stated) == request_hash(other.stated)


@pytest.mark.parametrize(
    "other",
    [
        {"source": "POS"},
        {"invoice": "489435"},
        {"product": "85049"},
        {"quantity": "13"},
        {"unit_price": "6.95"},
        {"line": 2},
    ],
)
def test_each_part_of_the_identity_makes_another_line(other):
    assert fact().natural_key != fact(**other).natural_key


@pytest.mark.parametrize("other", [{"sold_on": "2026-02-01"}, {"dealer": DEALER[:-1] + "2"}])
def test_the_same_line_on_another_day_or_for_another_dealer_is_a_conflict_and_no_new_line(other):
    one, changed = fact(), fact(**other)
    assert one.natural_key == changed.natural_key
    assert request_hash(one.stated) != request_hash(changed.stated)


def test_equal_lines_of_an_invoice_are_counted_and_those_of_another_are_not():
    count = EqualLines()
    line = SaleLine("ERP", "1", "P", Decimal("2"), Decimal("1.50"))
    assert [count.number(line), count.number(line._replace(invoice="2"))] == [1, 1]
    assert count.number(line._replace(unit_price=Decimal("1.5"))) == 2


def test_a_line_that_says_nothing_of_direction_and_place_says_the_same_as_before_they_could_be_said():
    event = fact().event
    assert isinstance(event, SaleRecorded)
    assert (event.direction, event.ship_to, event.ship_to_territory) == ("sell_in", None, None)
    assert set(fact().stated) == {"dealer", "currency", "sold_on"}
    assert request_hash(fact(direction="sell_in").stated) == request_hash(fact().stated)


@pytest.mark.parametrize("other", [{"direction": "sell_out"}, {"ship_to_territory": "T1"}, {"ship_to": "Main Street"}])
def test_the_same_line_in_another_direction_or_to_another_place_is_a_conflict(other):
    one, changed = fact(), fact(**other)
    assert one.natural_key == changed.natural_key
    assert request_hash(one.stated) != request_hash(changed.stated)


def test_another_currency_is_refused():
    assert refusal(currency="GBP") == "currency-other"


def test_a_sale_is_dated_tomorrow_at_the_latest():
    assert fact(sold_on="2026-03-03").event
    assert refusal(sold_on="2026-03-04") == "date-in-future"


def test_an_absurd_amount_is_refused_though_quantity_and_price_are_not():
    assert fact(quantity="1000000", unit_price="1000000").event
    assert refusal(quantity="1000001", unit_price="1000000") == "amount-absurd"


def test_an_amount_too_small_to_write_is_refused():
    assert refusal(quantity="0.001", unit_price="0.0001") == "amount-too-fine"


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": "0"},
        {"quantity": "-1"},
        {"unit_price": "-0.01"},
        {"quantity": "1000000000"},
        {"unit_price": 6.95},
        {"line": 0},
        {"dealer": "C10001"},
        {"sold_on": "1 March"},
        {"colour": "red"},
    ],
)
def test_what_has_no_shape_is_no_command(wrong):
    with pytest.raises(ValidationError):
        RecordSale.model_validate(LINE | wrong)


def test_a_line_is_reversed_once_whoever_asks_and_why():
    line = "0190b0c0-0000-7000-8000-0000000000aa"
    reversal, again = (
        sales_fact(ReverseSaleLine(dealer=DEALER, line=line, reason=why), currency="CNY", today=TODAY)
        for why in ("import undone", "typed twice")
    )
    assert isinstance(reversal.event, SaleLineReversed)
    assert (reversal.natural_key, reversal.stated) == (again.natural_key, again.stated)
