"""A row of money received is a payment or a bill, and says when it came back; what is neither is an error."""

import datetime
from decimal import Decimal
from typing import Any

import pytest

from service.imports import ImportRefused, Mapper, ReceiptRow, RowError, load_profile

PROFILE = """
profile = "r"
title = "Receipts"
kind = "receipts"
source = "ERP"
currency = "CNY"
dates = "%Y-%m-%d"
[columns]
number = "no"
amount = "amount"
received_on = "day"
method = "how"
invoice = "pays"
matures_on = "matures"
bounced_on = "back"
[method]
words = { wire = "transfer", bank = "bank_acceptance" }
[bounce]
reason = "Came back"
[dealer]
number = "who"
"""
PAID = {"no": "P-1", "amount": "60.00", "day": "2026-02-01", "how": "wire", "pays": "", "matures": "", "back": "",
        "who": "C1"}  # fmt: skip


def mapped(**cells: Any) -> Any:
    row = PAID | cells
    return Mapper(load_profile(PROFILE), tuple(row), latest=datetime.date(2026, 12, 31)).map(3, list(row.values()))


def test_a_payment_holds_what_the_row_says() -> None:
    assert mapped(pays="I-9") == ReceiptRow(
        3, "ERP", "C1", "P-1", Decimal("60.00"), "CNY", datetime.date(2026, 2, 1), "transfer", "I-9", None, None, None
    )


def test_a_row_that_matures_is_a_bill_and_one_that_came_back_says_why() -> None:
    bill = mapped(how="bank", matures="2026-08-01", back="2026-08-02")
    assert (bill.method, bill.matures_on) == ("bank_acceptance", datetime.date(2026, 8, 1))
    assert mapped(back="2026-02-05").bounce_reason == "Came back"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"how": "barter"}, "unknown-method"),
        ({"how": ""}, "unknown-method"),
        ({"how": "bank"}, "maturity-and-method"),
        ({"matures": "2026-08-01"}, "maturity-and-method"),
        ({"how": "bank", "matures": "2026-01-31"}, "matures-before-receipt"),
        ({"back": "2026-01-31"}, "bounced-before-receipt"),
        ({"amount": "-5.00"}, "negative-amount"),
    ],
)
def test_what_cannot_be_a_fact_is_an_error_with_a_code(cells: dict[str, str], code: str) -> None:
    found = mapped(**cells)
    assert isinstance(found, RowError) and found.code == code


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ('[bounce]\nreason = "Came back"\n', "bounced_on"),
        ('words = { wire = "transfer", bank = "bank_acceptance" }\n', "method"),
    ],
)
def test_a_profile_whose_parts_do_not_belong_together_is_refused(gone: str, said: str) -> None:
    with pytest.raises(ImportRefused, match=said):
        load_profile(PROFILE.replace(gone, ""))
