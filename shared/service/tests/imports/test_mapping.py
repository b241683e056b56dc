"""A row that cannot be a fact is an error with a stable code; a row that can is the same fact in any type."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from service.imports import LedgerRow, Mapper, Profile, RowError, SaleLine, load_profile

COLUMNS = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")
GOOD: dict[str, Any] = dict(
    zip(COLUMNS, ("489434", "85048", "LIGHTS", "12", "2009-12-01 07:45:00", "6.95", "13085.0", "France"), strict=True)
)
BILL = {
    "countrycode": "391",
    "customerID": "3993-QUNVJ",
    "invoiceNumber": "280670965",
    "InvoiceDate": "03/01/2012",
    "DueDate": "02/02/2012",
    "InvoiceAmount": "50.39",
    "Disputed": "Yes",
    "SettledDate": "23/01/2012",
}
LATEST = datetime.date(2026, 1, 2)


def sale(profile: Profile, **cells: Any) -> Any:
    row = {**GOOD, **{name.replace("_", " "): value for name, value in cells.items()}}
    return Mapper(profile, COLUMNS, latest=LATEST).map(7, [row[name] for name in COLUMNS])


def bill(profile: Profile, **cells: Any) -> Any:
    row = {**BILL, **cells}
    return Mapper(profile, tuple(row), latest=LATEST).map(7, list(row.values()))


def test_a_sale_line_holds_what_the_row_says(retail: Profile) -> None:
    assert sale(retail) == SaleLine(
        row=7, source="online-retail", dealer="13085", invoice="489434", product="85048", description="LIGHTS",
        quantity=Decimal(12), unit_price=Decimal("6.95"), amount=Decimal("83.40"), currency="GBP",
        sold_on=datetime.date(2009, 12, 1), returned=False,
    )  # fmt: skip


def test_a_file_of_what_dealers_sold_on_says_where_it_went(retail: Profile) -> None:
    columns = retail.columns.model_copy(update={"ship_to": ("Description",), "ship_to_territory": ("Country",)})
    sold_on = retail.model_copy(update={"columns": columns, "direction": "sell_out"})
    line = sale(sold_on, Country="T-01")
    assert (line.direction, line.ship_to, line.ship_to_territory) == ("sell_out", "LIGHTS", "T-01")
    assert sale(sold_on, Country="").ship_to_territory is None
    assert (sale(retail).direction, sale(retail).ship_to_territory) == ("sell_in", None)
    assert line.identity == sale(retail).identity


def test_a_return_is_told_by_its_invoice_and_its_figures_are_positive(retail: Profile) -> None:
    line = sale(retail, Invoice="C489449", Quantity="-3")
    assert (line.returned, line.quantity, line.amount) == (True, Decimal(3), Decimal("20.85"))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("Customer_ID", 13085), ("Customer_ID", 13085.0), ("Customer_ID", "13085"), ("Customer_ID", " 13085.0 "),
        ("StockCode", 85048), ("StockCode", 85048.0), ("Invoice", 489434), ("Invoice", 489434.0),
        ("Quantity", 12), ("Quantity", 12.0), ("Quantity", "12.0"), ("Quantity", Decimal("12.00")),
        ("Price", 6.95), ("Price", "6.950"), ("Price", Decimal("6.95")),
        ("InvoiceDate", datetime.datetime(2009, 12, 1, 7, 45)), ("InvoiceDate", datetime.date(2009, 12, 1)),
        ("InvoiceDate", "2009-12-01"), ("InvoiceDate", "2009-12-01T07:45:00.000000"),
    ],
)  # fmt: skip
def test_the_type_of_a_cell_changes_nothing(retail: Profile, cell: str, value: object) -> None:
    assert sale(retail, **{cell: value}) == sale(retail)
    assert sale(retail, **{cell: value}).identity == sale(retail).identity


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        ("Customer_ID", None, "no-dealer"), ("Customer_ID", "", "no-dealer"), ("Customer_ID", 0, "no-dealer"),
        ("Customer_ID", 0.0, "no-dealer"), ("Customer_ID", "0.0", "no-dealer"),
        ("Invoice", None, "missing-value"), ("Invoice", "9" * 65, "too-long"),
        ("Invoice", "a\x07b", "control-character"),
        ("Quantity", "0", "wrong-sign"), ("Quantity", "-1", "wrong-sign"), ("Quantity", "", "missing-value"),
        ("Quantity", "1e9", "out-of-range"), ("Quantity", "0.0001", "too-many-decimals"),
        ("Quantity", True, "not-a-number"),
        ("Price", "-0.01", "negative-price"), ("Price", "abc", "not-a-number"), ("Price", "NaN", "not-a-number"),
        ("Price", "1e999", "out-of-range"), ("Price", float("inf"), "not-a-number"), ("Price", "1_0", "not-a-number"),
        ("Price", "１２", "not-a-number"), ("Price", "1,5", "not-a-number"), ("Price", 0.1 + 0.2, "too-many-decimals"),
        ("InvoiceDate", "31/31/2010", "not-a-date"), ("InvoiceDate", "2010-02-30", "not-a-date"),
        ("InvoiceDate", 40148, "not-a-date"), ("InvoiceDate", None, "missing-value"),
        ("InvoiceDate", "1199-01-01", "out-of-range"), ("InvoiceDate", "2026-01-03", "future-date"),
    ],
)  # fmt: skip
def test_a_cell_that_is_no_fact_is_a_named_error_of_its_row(
    retail: Profile, cell: str, value: object, code: str
) -> None:
    error = sale(retail, **{cell: value})
    assert isinstance(error, RowError)
    assert (error.row, error.code) == (7, code)


def test_a_price_of_nothing_is_accepted(retail: Profile) -> None:
    assert sale(retail, Price="0.0").amount == 0


def test_a_return_with_a_positive_quantity_is_an_error(retail: Profile) -> None:
    assert sale(retail, Invoice="C489449").code == "wrong-sign"


def test_a_float_keeps_the_decimals_that_the_source_wrote(retail: Profile) -> None:
    assert str(sale(retail, Price=0.001).unit_price) == "0.001"
    assert str(sale(retail, Price=2.5499999999999998).unit_price) == "2.55"


def test_a_remembered_cell_is_not_taken_for_a_cell_of_another_type(retail: Profile) -> None:
    mapper = Mapper(retail, COLUMNS)
    assert isinstance(mapper.map(1, list({**GOOD, "Quantity": 1}.values())), SaleLine)
    assert isinstance(mapper.map(2, list({**GOOD, "Quantity": True}.values())), RowError)


def test_an_invoice_comes_with_its_payment_its_dispute_and_the_end_of_it(profiles: dict[str, Profile]) -> None:
    row = bill(profiles["invoices-2012-13"])
    assert isinstance(row, LedgerRow)
    assert (row.issued_on, row.due_on) == (datetime.date(2012, 1, 3), datetime.date(2012, 2, 2))
    assert (row.method, row.term_days, row.amount) == ("credit", 30, Decimal("50.39"))
    assert row.payment is not None and row.dispute is not None and row.settlement is not None
    assert (row.payment.received_on, row.payment.amount) == (datetime.date(2012, 1, 23), row.amount)
    assert (row.dispute.disputed_on, row.dispute.amount) == (row.issued_on, row.amount)
    assert (row.settlement.settled_on, row.settlement.outcome) == (row.payment.received_on, "dismissed")


def test_an_open_invoice_has_no_payment_and_an_open_dispute(profiles: dict[str, Profile]) -> None:
    row = bill(profiles["invoices-2012-13"], SettledDate="")
    assert row.payment is None and row.settlement is None and row.dispute is not None


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"InvoiceAmount": "0"}, "negative-amount"), ({"InvoiceAmount": "-5"}, "negative-amount"),
        ({"InvoiceAmount": "5.005"}, "too-many-decimals"), ({"InvoiceAmount": "1e12"}, "out-of-range"),
        ({"DueDate": "02/01/2012"}, "due-before-issue"), ({"SettledDate": "02/01/2012"}, "settled-before-issue"),
        ({"Disputed": "Perhaps"}, "neither-yes-nor-no"), ({"InvoiceDate": "12/31/2012"}, "not-a-date"),
        ({"customerID": ""}, "no-dealer"),
    ],
)  # fmt: skip
def test_an_invoice_that_cannot_be_is_a_named_error(
    profiles: dict[str, Profile], cells: dict[str, str], code: str
) -> None:
    assert bill(profiles["invoices-2012-13"], **cells).code == code


RULED = """
profile = "ruled"
title = "With rules"
kind = "sales"
source = "erp"
currency = "CNY"
dates = ["%d.%m.%Y"]
numbers = { decimal = ",", thousands = "." }
dealer = { number = "K", name = "N", name_pattern = "Dealer {number}" }
ignore = [{ column = "P", equals = ["TOTAL"], reason = "a sum line" }]
reject = [{ column = "P", begins = ["TEST"], reason = "a test article" }]
[columns]
invoice = ["Nr", "Invoice"]
product = "P"
quantity = "Q"
unit_price = "U"
sold_on = "D"
currency = "W"
"""
RULED_COLUMNS = ("Invoice", "P", "Q", "U", "D", "W", "K", "N")


@pytest.mark.parametrize(
    ("product", "currency", "verdict"),
    [
        ("TOTAL", "CNY", "a sum line"),
        ("TEST1", "CNY", "a test article"),
        ("A", "USD", "The row is in USD, the file in CNY."),
    ],
)
def test_rules_of_the_profile_ignore_or_reject_a_row(product: str, currency: str, verdict: str) -> None:
    mapper = Mapper(load_profile(RULED), RULED_COLUMNS)
    assert mapper.map(1, ("1", product, "1", "1,5", "31.12.2020", currency, "9", "")).reason == verdict  # type: ignore[union-attr]


def test_figures_and_dates_are_written_as_the_profile_says() -> None:
    line = Mapper(load_profile(RULED), RULED_COLUMNS).map(1, ("1", "A", "2", "1.234,50", "31.12.2020", "CNY", "9", ""))
    assert isinstance(line, SaleLine)
    assert (line.unit_price, line.sold_on) == (Decimal("1234.5"), datetime.date(2020, 12, 31))
