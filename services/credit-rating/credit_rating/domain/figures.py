"""The figures of receivables, of one dealer or of many together: sums that add up, and the rates made of them.

Source: domain.md 2.2. Figures of several dealers are the sums of theirs, to the cent; a rate is made of the sums and is
not a mean of rates; the longest overdue is the longest of any. The provision of each dealer is rounded once, so that a
territory's provision is the sum of its dealers'.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from .ageing import AgeBy, ageing, invoiced_of_late, sales_outstanding
from .calendar_window import months_window
from .entries import LedgerEntry
from .money import NOTHING, rounded, shown
from .payment_record import PaymentRecord, due_or_overdue, payment_record
from .policy.provision import ProvisionRule
from .provision import buckets, provision
from .receivables import Receivables, receivables

RECORD_MONTHS = 12
NO_RECORD = PaymentRecord(0, NOTHING, NOTHING, NOTHING, 0)


class FigureRules(NamedTuple):
    """What policy and the asker say: upper limits of the ageing columns, aged by which date, and the provision."""

    limits: Sequence[int]
    by: AgeBy
    provision: ProvisionRule


class Figures(NamedTuple):
    """Sums over the dealers; `columns` as `ageing` names them, `provided_for` open by bucket of the provision."""

    dealers: int
    balance: Decimal
    open_invoices: Decimal
    unapplied: Decimal
    open_items: int
    columns: tuple[Decimal, ...]
    provided_for: tuple[Decimal, ...]
    provision: Decimal
    invoiced_of_late: Decimal
    record: PaymentRecord
    longest_overdue_days: int

    @property
    def days_sales_outstanding(self) -> Decimal | None:
        """DSO of the sums; None where nothing was invoiced in the last 90 days."""
        return sales_outstanding(self.balance, self.invoiced_of_late)

    @property
    def on_time_share(self) -> Decimal | None:
        """Value paid by its due date ÷ value, 4 decimals; None where nothing fell due."""
        return shown(self.record.on_time_share)

    @property
    def average_days_late(self) -> Decimal | None:
        """Weighted by value, 1 decimal; None where nothing fell due."""
        late = self.record.average_days_late
        return None if late is None else rounded(late, 1)


def nothing(rules: FigureRules) -> Figures:
    """The figures of no dealer."""
    columns, open_ = (NOTHING,) * (len(rules.limits) + 2), (NOTHING,) * len(rules.provision.shares)
    return Figures(0, NOTHING, NOTHING, NOTHING, 0, columns, open_, NOTHING, NOTHING, NO_RECORD, 0)


def figures(entries: Iterable[LedgerEntry], as_of: date, rules: FigureRules) -> Figures:
    """The figures of one dealer's ledger at the end of `as_of`; its record is that of the last 12 months."""
    return figures_of(receivables(entries, as_of), rules)


def figures_of(owed: Receivables, rules: FigureRules) -> Figures:
    """The figures of what one dealer owes."""
    first, _ = months_window(owed.as_of, RECORD_MONTHS)
    open_ = buckets(owed, rules.provision)
    return Figures(
        dealers=1,
        balance=owed.balance,
        open_invoices=owed.open_invoices,
        unapplied=owed.unapplied,
        open_items=len(owed.open_items),
        columns=tuple(column.amount for column in ageing(owed, rules.limits, rules.by)),
        provided_for=open_,
        provision=provision(open_, rules.provision),
        invoiced_of_late=invoiced_of_late(owed),
        record=payment_record(due_or_overdue(owed, first), owed.as_of),
        longest_overdue_days=owed.longest_overdue_days,
    )


def together(one: Figures, other: Figures) -> Figures:
    """The figures of both."""
    return Figures(
        dealers=one.dealers + other.dealers,
        balance=one.balance + other.balance,
        open_invoices=one.open_invoices + other.open_invoices,
        unapplied=one.unapplied + other.unapplied,
        open_items=one.open_items + other.open_items,
        columns=_sums(one.columns, other.columns),
        provided_for=_sums(one.provided_for, other.provided_for),
        provision=one.provision + other.provision,
        invoiced_of_late=one.invoiced_of_late + other.invoiced_of_late,
        record=both(one.record, other.record),
        longest_overdue_days=max(one.longest_overdue_days, other.longest_overdue_days),
    )


def _sums(one: tuple[Decimal, ...], other: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def both(one: PaymentRecord, other: PaymentRecord) -> PaymentRecord:
    """The record over the invoices of both."""
    return PaymentRecord(
        invoices=one.invoices + other.invoices,
        value=one.value + other.value,
        paid_on_time=one.paid_on_time + other.paid_on_time,
        days_late_by_value=one.days_late_by_value + other.days_late_by_value,
        worst_days_late=max(one.worst_days_late, other.worst_days_late),
    )
