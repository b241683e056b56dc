"""A profile is checked whole before a file is opened, and says which of its keys is wrong."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from service.imports import ImportRefused, Mapper, Profile, dealers_named, load_profile

SALES = """
profile = "erp-sales"
title = "Sales of the ERP"
kind = "sales"
source = "erp"
currency = "CNY"
[columns]
invoice = "Nr"
product = "P"
quantity = "Q"
unit_price = "U"
sold_on = "D"
[dealer]
number = "K"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('quantity = "Q"', "", "columns.quantity: Field required"),
        ('quantity = "Q"', 'quantity = ""', "columns.quantity.0"),
        ('quantity = "Q"', 'quantity = "Q"\nqty = "Q"', "columns.qty: Extra inputs"),
        ('currency = "CNY"', 'currency = "yuan"', "currency: String should match"),
        ('kind = "sales"', 'kind = "stock"', "'stock'"),
        ('source = "erp"', 'source = "erp"\ndates = ["%d/%m"]', "dates.0: Value error, a date format needs"),
        ('source = "erp"', 'source = "erp"\ndelimiter = "x"', "delimiter: Input should be"),
        ('source = "erp"', 'source = "erp"\nencoding = "latin-1"', "encoding: Input should be"),
        ('source = "erp"', 'source = "erp"\nnumbers = { decimal = ",", thousands = "," }', "numbers: Value error"),
        ('number = "K"', 'number = "K"\nname_pattern = "Dealer"', "dealer: Value error, name_pattern holds"),
        ('source = "erp"', "source = ", "cannot be read"),
    ],
)
def test_a_wrong_profile_names_the_key(old: str, new: str, said: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        load_profile(SALES.replace(old, new))
    assert refused.value.code == "profile"
    assert said in refused.value.detail


def test_every_profile_that_ships_is_valid_and_named_as_its_file(profiles: dict[str, Profile]) -> None:
    assert set(profiles) >= {"online-retail-2009-10", "online-retail-2010-11", "invoices-2012-13"}


def test_a_file_that_lacks_a_mapped_column_is_refused(retail: Profile) -> None:
    with pytest.raises(ImportRefused, match=r"missing-column: .* Price"):
        Mapper(retail, ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Customer ID", "Country"))


def test_a_file_that_has_a_mapped_column_twice_is_refused() -> None:
    with pytest.raises(ImportRefused, match="double-column"):
        Mapper(load_profile(SALES), ("Nr", "P", "Q", "Q", "U", "D", "K"))


def test_dealers_are_named_once_with_the_place_of_most_rows(csv_file: Callable[..., Path], retail: Profile) -> None:
    def row(dealer: str, country: str, price: str = "1.5") -> list[str]:
        return ["489434", "85048", "LIGHTS", "1", "2009-12-01", price, dealer, country]

    rows = [
        row("2", "France"),
        row("1", "Spain"),
        row("1", "Italy"),
        row("1", "Italy"),
        row("", "Malta"),
        row("3", "Eire", "-1"),
    ]
    found = dealers_named(csv_file(rows), retail)
    assert [(each.number, each.name, each.country, each.rows) for each in found] == [
        ("1", "Customer 1", "Italy", 3),
        ("2", "Customer 2", "France", 1),
    ]
    assert [each.row for each in found] == [3, 2]
    reversed_ = dealers_named(csv_file(rows[::-1], "reversed.csv"), retail)
    assert [msgspec.structs.replace(each, row=0) for each in found] == [
        msgspec.structs.replace(each, row=0) for each in reversed_
    ]
