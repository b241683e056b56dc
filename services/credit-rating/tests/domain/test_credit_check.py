from datetime import date
from decimal import Decimal

import pytest

from credit_rating.domain.credit_check import (
    Reserved,
    exposure,
    hold_reasons,
    known_at_once,
    prepayment_left,
    standing_of,
)
from credit_rating.domain.receivables import receivables
from events import PolicyRef

TODAY = date(2026, 6, 30)
POLICY = PolicyRef(name="credit", version=1, hash="0" * 64)


@pytest.fixture
def standing(policy):
    def standing(*entries, grade=2, limit="1000", suspended=False):
        return standing_of(
            receivables(entries, TODAY),
            rule=policy.check,
            grade=grade,
            limit=None if limit is None else Decimal(limit),
            suspended=suspended,
            cut={"credit-rating": {"0": 7}},
            policy=POLICY,
        )

    return standing


def reasons(amount, standing, prepaid=False, reserved=None):
    held = hold_reasons(Decimal(amount), prepaid, standing, reserved or Reserved())
    return {reason.code: reason.amount for reason in held}


def test_exposure_is_open_invoices_less_credit_plus_what_is_released(book, standing):
    entries = [book.invoice("A", "700", "2026-06-15"), book.payment("P", "50", "2026-06-20", "not here yet")]
    assert exposure(standing(*entries), Reserved(on_credit=Decimal(100), prepaid=Decimal(5))) == 755


def test_a_bill_frees_headroom_only_when_it_matures(book, standing):
    invoice = book.invoice("A", "700", "2026-06-15")
    waiting = book.bill("Y", "700", "2026-06-20", "2026-07-01", "A")
    matured = book.bill("Y", "700", "2026-06-20", "2026-06-30", "A")
    assert exposure(standing(invoice, waiting), Reserved()) == 700
    assert exposure(standing(invoice, matured), Reserved()) == 0
    assert reasons("301", standing(invoice, waiting)) == {"limit-exceeded": 1}
    assert standing(invoice, waiting).overdue == 0


def test_an_order_up_to_the_limit_passes_and_beyond_it_is_held_by_how_much(book, standing):
    owing = standing(book.invoice("A", "700", "2026-06-15"))
    assert reasons("300", owing) == {}
    assert reasons("300.01", owing) == {"limit-exceeded": Decimal("0.01")}
    assert reasons("300", owing, reserved=Reserved(on_credit=Decimal(40))) == {"limit-exceeded": 40}


@pytest.mark.parametrize(
    ("amount", "due", "held"),
    [("100", "2026-06-22", True), ("99.99", "2026-06-22", False), ("500", "2026-06-23", False)],
)
def test_an_order_is_held_for_a_hundred_in_total_more_than_seven_days_overdue(book, standing, amount, due, held):
    owing = standing(book.invoice("A", amount, "2026-01-01", due))
    assert reasons("1", owing) == ({"overdue": Decimal(amount)} if held else {})


def test_every_reason_is_given_at_once(book, standing):
    bad = standing(book.invoice("A", "700", "2026-01-01"), grade=5, limit="0", suspended=True)
    assert reasons("10", bad) == {"suspended": None, "grade-5": None, "overdue": 700, "limit-exceeded": 710}


def test_an_overdue_older_than_ten_years_is_written_as_ten_years(book, standing):
    (overdue,) = hold_reasons(Decimal(1), False, standing(book.invoice("A", "700", "2010-01-01")), Reserved())
    assert (overdue.code, overdue.days) == ("overdue", 3650)


def test_without_a_grade_there_is_cash_only(book, standing):
    ungraded = standing(book.payment("P", "80", "2026-06-20"), grade=None, limit=None)
    assert reasons("10", ungraded) == {"no-grade": None}
    assert reasons("80", ungraded, prepaid=True) == {}


def test_a_prepaid_order_passes_up_to_unapplied_credit_also_at_grade_five(book, standing):
    five = standing(book.payment("P", "80", "2026-06-20"), grade=5, limit="0")
    cent = Decimal("0.01")
    assert reasons("80", five, prepaid=True) == {}
    assert reasons("80.01", five, prepaid=True) == {"prepayment-short": cent, "grade-5": None, "limit-exceeded": cent}
    second = reasons("80", five, prepaid=True, reserved=Reserved(prepaid=Decimal(30)))
    assert second == {"prepayment-short": 30, "grade-5": None, "limit-exceeded": 30}


def test_a_prepaid_order_that_is_short_is_held_for_whatever_would_hold_it_on_credit(book, standing):
    bad = standing(book.invoice("A", "700", "2026-01-01"), grade=5, limit="0", suspended=True)
    assert reasons("10", bad, prepaid=True) == {
        "suspended": None, "prepayment-short": 10, "grade-5": None, "overdue": 700, "limit-exceeded": 710,
    }  # fmt: skip
    ungraded = standing(book.payment("P", "80", "2026-06-20"), grade=None, limit=None)
    assert reasons("90", ungraded, prepaid=True) == {"prepayment-short": 10, "no-grade": None}
    good = standing(book.payment("P", "80", "2026-06-20"))
    assert reasons("90", good, prepaid=True) == {"prepayment-short": 10}


def test_a_bill_prepays_no_order_before_it_matures(book, standing):
    money, bill = book.payment("P", "80", "2026-06-20"), ("Y", "500", "2026-06-20")
    waiting = standing(money, book.bill(*bill, "2026-07-01"), grade=5, limit="0")
    assert exposure(waiting, Reserved()) == -80
    assert reasons("80", waiting, prepaid=True) == {}
    assert reasons("81", waiting, prepaid=True)["prepayment-short"] == 1
    matured = standing(money, book.bill(*bill, "2026-06-30"), grade=5, limit="0")
    assert reasons("580", matured, prepaid=True) == {}


def test_a_bill_that_pays_no_invoice_lends_nothing_and_takes_nothing_from_the_money_beside_it(book, standing):
    entries = [book.payment("P", "80", "2026-06-20"), book.bill("Y", "500", "2026-06-20", "2026-07-01")]
    owing, reserved = standing(*entries, limit="100"), Reserved(on_credit=Decimal(150))
    assert reasons("180", owing) == {} and reasons("181", owing) == {"limit-exceeded": 1}
    assert prepayment_left(owing, reserved) == 30


def test_an_invoice_dated_tomorrow_is_owed_from_when_it_is_recorded(book, standing):
    entries = [book.payment("P", "80", "2026-06-20"), book.invoice("A", "700", "2026-07-01", "2026-07-31")]
    assert exposure(standing(*entries), Reserved()) == -80, "as of today it does not exist"
    owing = standing(*known_at_once(entries, TODAY))
    assert (exposure(owing, Reserved()), owing.overdue) == (620, 0)
    assert reasons("381", owing) == {"limit-exceeded": 1}
    assert reasons("80", owing, prepaid=True)["prepayment-short"] == 80, "the invoice takes the money"


def test_a_suspended_dealer_is_held_also_when_it_has_prepaid(book, standing):
    held = standing(book.payment("P", "80", "2026-06-20"), suspended=True)
    assert reasons("80", held, prepaid=True) == {"suspended": None}


def test_credit_that_carries_an_order_beyond_the_limit_cannot_prepay_another(book, standing):
    owing = standing(book.payment("P", "80", "2026-06-20"), limit="100")
    reserved = Reserved(on_credit=Decimal(150))
    assert reasons("150", owing) == {}
    assert prepayment_left(owing, reserved) == 30
    assert reasons("31", owing, prepaid=True, reserved=reserved) == {"prepayment-short": 1, "limit-exceeded": 1}


def test_consigned_stock_is_exposure_and_takes_headroom_and_no_prepayment(book, policy):
    entries = [book.invoice("A", "700", "2026-06-15"), book.payment("P", "50", "2026-06-20", "not here yet")]
    holding = standing_of(
        receivables(entries, TODAY),
        rule=policy.check,
        grade=2,
        limit=Decimal(1000),
        suspended=False,
        cut={"tiering": {"0": 3}},
        policy=POLICY,
        consigned_stock=Decimal("200.50"),
    )
    assert exposure(holding, Reserved()) == Decimal("850.50")
    assert reasons("149.50", holding) == {}
    assert reasons("149.51", holding) == {"limit-exceeded": Decimal("0.01")}
    assert reasons("50", holding, prepaid=True) == {}
