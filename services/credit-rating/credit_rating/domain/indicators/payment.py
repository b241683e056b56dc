"""Payment method (付款方式) and payment reputation (付款信誉)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from ..calendar_window import full_months, month_of, months_window
from ..entries import Invoice
from ..ledger import BillTerms
from ..money import NOTHING, rounded, share, shown
from ..payment_record import PaymentRecord, due_or_overdue, payment_record
from ..policy.thresholds import IndicatorRules, Letter, OnTime
from .declared import NOTHING_NOW, NOTHING_TO_JUDGE, RETURNS_ABOVE_SALES, Graded, Shown, Snapshot, no_history, once

AT_ONCE: Final = ("prepaid", "cash")


class Terms(NamedTuple):
    """Invoice value of some months by the terms agreed; `short`: with credit within so many days."""

    total: Decimal
    at_once: Decimal
    short: Decimal

    def shown(self) -> Shown:
        """The share at once, and the sums."""
        sums = {"invoiced": self.total, "prepaid_or_cash": self.at_once, "with_short_credit": self.short}
        return Shown(shown(share(self.at_once, self.total)), {name: rounded(value) for name, value in sums.items()})


@once
def terms_agreed(dealer: Snapshot, months: int, credit_days: int) -> Terms:
    """What was invoiced in the last full months, and how much of it at once or on short credit.

    What a bill settled counts by the bill: a bank's is credit until it matures, a company's never counts.
    """
    window = full_months(dealer.as_of, months)
    invoices = [invoice for invoice in dealer.ledger.invoices if month_of(invoice.issued_on) in window]
    total = sum([invoice.amount for invoice in invoices], NOTHING)
    at_once = sum([i.amount for i in invoices if i.method in AT_ONCE], NOTHING)
    short = at_once + sum([i.amount for i in invoices if _credit_within(i, credit_days)], NOTHING)
    for invoice, amount, bill in _settled_by_bills(dealer):
        if month_of(invoice.issued_on) in window:
            at_once -= amount if invoice.method in AT_ONCE else NOTHING
            short -= amount if invoice.method in AT_ONCE or _credit_within(invoice, credit_days) else NOTHING
            if bill.method == "bank_acceptance" and (bill.matures_on - invoice.issued_on).days <= credit_days:
                short += amount
    return Terms(total, at_once, short)


def _settled_by_bills(dealer: Snapshot) -> Iterable[tuple[Invoice, Decimal, BillTerms]]:
    """Invoices with what a bill settled of them, a row a settlement."""
    if all(credit.bill is None for credit in dealer.ledger.credits):
        return ()
    return [(i.invoice, s.amount, s.bill) for i in dealer.receivables.items for s in i.settlements if s.bill]


def payment_method(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """Invoice value by the terms agreed, over the last full months; what a bill settled, by the terms of that bill."""
    rule = rules.payment_method
    if not dealer.has_traded:
        return no_history(rules)
    agreed = terms_agreed(dealer, rule.months, rule.credit_days)
    if agreed.total == 0:
        return Graded("C", agreed.shown, NOTHING_NOW)
    if dealer.net.in_months(full_months(dealer.as_of, rule.months)) < 0:
        return Graded("C", agreed.shown, RETURNS_ABOVE_SALES)
    needed = rule.share * agreed.total
    letter: Letter = "A" if agreed.at_once >= needed else "B" if agreed.short >= needed else "C"
    return Graded(letter, agreed.shown)


def _credit_within(invoice: Invoice, days: int) -> bool:
    """Credit of at most so many days. A bank acceptance still awaited is credit until the invoice is due."""
    match invoice.method:
        case "credit":
            return invoice.term_days <= days
        case "bank_acceptance":
            return (invoice.due_on - invoice.issued_on).days <= days
        case _:
            return False


@once
def paid(dealer: Snapshot, window_months: int) -> tuple[PaymentRecord, str | None]:
    """How the dealer paid what fell due in the last months and what is overdue from before; a note if nothing was."""
    first, _ = months_window(dealer.as_of, window_months)
    due = due_or_overdue(dealer.receivables, first)
    record = payment_record(due, dealer.as_of)
    return record, None if record.value > 0 else NOTHING_TO_JUDGE if due else NOTHING_NOW


def payment_reputation(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """What fell due in the window, and anything still overdue: how much on time, and how late at worst."""
    rule = rules.payment_reputation
    if not any(item.invoice.due_on <= dealer.as_of for item in dealer.receivables.items):
        return no_history(rules)
    record, note = paid(dealer, rule.window_months)
    return Graded(_reputation(record, rule.A, rule.B), lambda: _shown(record), note)


def _shown(record: PaymentRecord) -> Shown:
    inputs = {
        "invoices": record.invoices,
        "value": rounded(record.value),
        "paid_on_time": rounded(record.paid_on_time),
        "worst_days_late": record.worst_days_late,
        "average_days_late": shown(record.average_days_late, 1),
    }
    return Shown(shown(record.on_time_share), inputs)


def _reputation(record: PaymentRecord, a: OnTime, b: OnTime) -> Letter:
    return "A" if _meets(record, a) else "B" if _meets(record, b) else "C"


def _meets(record: PaymentRecord, rule: OnTime) -> bool:
    enough: Decimal = rule.share * record.value
    return record.value > 0 and record.paid_on_time >= enough and record.worst_days_late <= rule.days_late
