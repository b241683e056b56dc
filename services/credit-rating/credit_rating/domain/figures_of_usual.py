"""The figures of many usual ledgers together, summed in whole cents: what `figures` and `together` come to.

`tests/test_usual_ledgers.py` holds them to the rule, to the cent.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from decimal import Decimal

from .ageing import DSO_DAYS
from .calendar_window import months_window
from .figures import NO_RECORD, RECORD_MONTHS, FigureRules, Figures, both
from .money import EXACT, NOTHING
from .provision import provision
from .usual_ledger import UsualLedger


class FiguresOfUsual:
    """Sums over the ledgers added so far, all as of one day."""

    def __init__(self, as_of: date, rules: FigureRules) -> None:
        self._as_of, self._rules = as_of.toordinal(), rules
        self._first, _ = months_window(as_of, RECORD_MONTHS)
        self._columns = [0] * (len(rules.limits) + 1)
        self._provided_for = [0] * len(rules.provision.shares)
        self._provision = NOTHING
        self._dealers = self._balance = self._open_items = self._of_late = self._longest = 0
        self._record = NO_RECORD

    def add(self, ledger: UsualLedger) -> None:
        """One dealer more."""
        self._record = both(self._record, ledger.record_since(self._first)[0])
        self._dealers += 1
        self._balance -= ledger.credited
        by_due, limits, as_of = self._rules.by == "due_date", self._rules.limits, self._as_of
        provided_for = [0] * len(self._provided_for)
        for due, issued, cents, left in ledger.invoices:
            self._balance += cents
            if as_of - issued < DSO_DAYS:
                self._of_late += cents
            if left:
                overdue = as_of - due
                self._open_items += 1
                self._longest = max(self._longest, overdue)
                self._columns[bisect_left(limits, overdue if by_due else as_of - issued)] += left
                provided_for[bisect_left(self._rules.provision.limits, overdue)] += left
        if any(provided_for):
            self._provision += provision(tuple(map(_money, provided_for)), self._rules.provision)
            self._provided_for = [one + other for one, other in zip(self._provided_for, provided_for, strict=True)]

    @property
    def figures(self) -> Figures:
        """What they come to; the unapplied credit is what is open beyond the balance."""
        open_ = sum(self._columns)
        return Figures(
            dealers=self._dealers,
            balance=_money(self._balance),
            open_invoices=_money(open_),
            unapplied=_money(open_ - self._balance),
            open_items=self._open_items,
            columns=(*map(_money, self._columns), _money(self._balance - open_)),
            provided_for=tuple(map(_money, self._provided_for)),
            provision=self._provision,
            invoiced_of_late=_money(self._of_late),
            record=self._record,
            longest_overdue_days=self._longest,
        )


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2, context=EXACT)
