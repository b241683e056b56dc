"""Promises to pay: what payments count towards them, each once (domain.md 2.7).

Payments dated from the day of a promise to the day it names count, oldest first, towards the promise that falls due
first: of two promises with the same days the first one given. So one payment never keeps two promises.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from .ledger import Ledger
from .money import NOTHING


class Promise(msgspec.Struct, frozen=True):
    """What was promised when; `decided` once it was kept or broken."""

    id: str
    amount: Decimal
    promised_on: date
    pay_by: date
    decided: bool = False


class Paid(msgspec.Struct, frozen=True):
    """Money that came in on a day."""

    on: date
    amount: Decimal


def payments_of(ledger: Ledger) -> tuple[Paid, ...]:
    """The payments that count at the ledger's date, oldest first; what was taken back is not among them."""
    return tuple(Paid(credit.on, credit.amount) for credit in ledger.credits if credit.kind == "payment")


def counted(promises: Iterable[Promise], payments: Sequence[Paid]) -> dict[str, Decimal]:
    """How much of the payments counts towards each promise; at most what it promised."""
    waiting = sorted(promises, key=lambda each: (each.pay_by, each.promised_on, each.id))
    towards = {each.id: NOTHING for each in waiting}
    for payment in sorted(payments, key=lambda each: each.on):
        left = payment.amount
        for promise in waiting:
            if promise.promised_on <= payment.on <= promise.pay_by:
                part = min(left, promise.amount - towards[promise.id])
                towards[promise.id] += part
                left -= part
    return towards


def still_needed(promises: Iterable[Promise]) -> tuple[Promise, ...]:
    """Those not decided, and decided ones that may have had payments which fall into the days of such a one."""
    promises = tuple(promises)
    begins = min((each.promised_on for each in promises if not each.decided), default=date.max)
    return tuple(each for each in promises if not each.decided or each.pay_by >= begins)
