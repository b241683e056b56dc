"""What becomes of payments that are no plain money: bills, bounces, what is written off and what comes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from dealerlog.sample.calendar import LAST_DAY, later
from dealerlog.sample.dealers import Dealer
from dealerlog.sample.draws import Draws
from dealerlog.sample.entries import Bill, CameBack, Invoice, Payment, Recovery, WriteOff
from dealerlog.sample.trading import CENT

PAPER_FROM = Decimal(60_000)
"""Smaller sums are paid in money."""
GIVEN_UP_AFTER = timedelta(days=120)
Money = Payment | Bill | CameBack | WriteOff | Recovery


def setbacks(draws: Draws, dealer: Dealer, unpaid: list[Invoice], payments: list[Payment]) -> list[Money]:
    """The payments, a few of them as bills or come back, and what is given up of invoices that nobody pays."""
    out: list[Money] = []
    for payment in payments:
        out += _paid(draws.at(payment.number), payment)
    for invoice in unpaid:
        out += _given_up(draws.at(invoice.delivery.number), dealer, invoice)
    return out


def _paid(draws: Draws, payment: Payment) -> Iterator[Money]:
    late = payment.dealer.payer.on_time < 80
    if payment.method == "transfer" and payment.amount >= PAPER_FROM and draws.chance(6):
        yield from _bill(draws, payment)
    elif late and draws.chance(3):
        on = later(payment.on, draws.between(2, 5))
        yield payment
        yield CameBack(payment.dealer, "bounce", payment.number, on, "账户余额不足，银行退票")
        yield replace(payment, number=payment.number + "B", on=later(on, draws.between(4, 15)))
    else:
        yield payment


def _bill(draws: Draws, payment: Payment) -> Iterator[Money]:
    method = draws.weighted({"bank_acceptance": 80, "commercial_acceptance": 20})
    number = "YC" + payment.number[2:]
    matures = payment.on + timedelta(days=draws.pick((30, 90, 180)))
    yield Bill(payment.dealer, number, payment.on, matures, payment.amount, method, payment.allocations)
    if method == "commercial_acceptance" and draws.chance(25):
        on = later(matures, 1)
        yield CameBack(payment.dealer, "dishonour", number, on, "承兑人账户余额不足，拒绝付款")
        yield replace(payment, number=payment.number + "B", on=later(on, draws.between(10, 30)))


def _given_up(draws: Draws, dealer: Dealer, invoice: Invoice) -> Iterator[Money]:
    on = later(invoice.due_on + GIVEN_UP_AFTER, 1)
    if on > LAST_DAY or not draws.chance(60):
        return
    number = invoice.delivery.number
    amount = invoice.delivery.amount
    yield WriteOff(dealer, "HX" + number[2:], on, amount, number, "多次催收无果，门店已关闭")
    if draws.chance(40):
        part = (amount * draws.between(10, 40) / 100).quantize(CENT, ROUND_HALF_UP)
        yield Recovery(dealer, "SH" + number[2:], later(on, draws.between(5, 25)), part, number)
