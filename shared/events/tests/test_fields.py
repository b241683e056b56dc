"""Fields: no float, no exponent, no text without a limit."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from events import EVENT_TYPES, InvoiceIssued, SaleRecorded
from events.fields import FreeJson, LineAmount, Money
from events.schemas import schema_of

INVOICE: dict[str, Any] = {
    "source": "erp",
    "number": "INV-1",
    "amount": "10.50",
    "currency": "CNY",
    "issued_on": "2026-01-31",
    "due_on": "2026-03-02",
    "method": "credit",
    "term_days": 30,
}
money = TypeAdapter(Money)
line_amount = TypeAdapter(LineAmount)
free = TypeAdapter(FreeJson)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("amount", 10.5),
        ("amount", True),
        ("amount", "0"),
        ("amount", "-1.00"),
        ("amount", "1.005"),
        ("amount", "1000000000000"),
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("currency", "cny"),
        ("issued_on", "2026-02-30"),
        ("method", "barter"),
        ("number", ""),
        ("number", "x" * 65),
        ("term_days", -1),
        ("term_days", 3651),
    ],
)
def test_an_absurd_value_never_becomes_an_event(field: str, wrong: object) -> None:
    InvoiceIssued.model_validate(INVOICE)
    with pytest.raises(ValidationError):
        InvoiceIssued.model_validate({**INVOICE, field: wrong})


def test_a_float_in_json_is_refused_as_money_too() -> None:
    with pytest.raises(ValidationError, match="as a string"):
        money.validate_json("10.5")


def test_a_member_that_a_later_version_added_is_tolerated() -> None:
    assert InvoiceIssued.model_validate({**INVOICE, "carrier": "SF"}) == InvoiceIssued.model_validate(INVOICE)


def test_the_decimals_of_the_source_are_kept() -> None:
    assert str(InvoiceIssued.model_validate(INVOICE).amount) == "10.50"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_money_is_written_without_an_exponent_and_means_the_same(value: Decimal) -> None:
    assert str(money.validate_python(value)) == format(value, "f")


@pytest.mark.parametrize(
    ("given_", "written"), [("1E+3", "1000"), ("0E-7", "0.000000"), ("0E+2", "0"), ("2.50", "2.50")]
)
def test_an_exponent_is_written_out(given_: str, written: str) -> None:
    assert str(line_amount.validate_python(Decimal(given_))) == written


def test_what_cannot_be_written_plainly_is_refused() -> None:
    with pytest.raises(ValidationError, match="smaller than a millionth"):
        line_amount.validate_python(Decimal("0.0000001"))


def test_a_free_object_holds_no_float_and_writes_decimals_as_text() -> None:
    given_ = {"limit": Decimal("1E+3"), "on": date(2026, 1, 1), "list": (1, None, True)}
    assert free.validate_python(given_) == {"limit": "1000", "on": "2026-01-01", "list": [1, None, True]}
    for wrong in ({"rate": 0.5}, {"deep": [{"rate": 0.5}]}, {"object": object()}):
        with pytest.raises(ValidationError):
            free.validate_python(wrong)


def test_the_exact_product_of_a_line_fits_its_amount() -> None:
    quantity, price = Decimal("1.234"), Decimal("0.1234")
    line = SaleRecorded(
        source="erp",
        invoice="I",
        line=1,
        product="P",
        quantity=quantity,
        unit_price=price,
        amount=quantity * price,
        currency="CNY",
        sold_on=date(2026, 1, 1),
    )
    assert line.amount == Decimal("0.1522756")


def test_every_text_and_list_has_a_limit() -> None:
    unbounded = [path for kind in EVENT_TYPES.values() for path in _unbounded(kind.name, schema_of(kind))]
    assert unbounded == []


def _unbounded(path: str, node: object) -> list[str]:
    match node:
        case {"type": "string", **rest} if not {"maxLength", "pattern", "enum", "const", "format"} & rest.keys():
            return [path]
        case {"type": "array", **rest} if "maxItems" not in rest:
            return [path]
        case dict():
            return [each for name, child in node.items() for each in _unbounded(f"{path}.{name}", child)]
        case list():
            return [each for child in node for each in _unbounded(path, child)]
        case _:
            return []


def test_a_mean_must_be_rounded_before_it_is_an_event() -> None:
    with pytest.raises(ValidationError, match="decimal"):
        money.validate_python(Decimal(100) / 3)
