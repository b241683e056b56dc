"""Payment method (付款方式) and payment reputation (付款信誉)."""

from __future__ import annotations

from ..calendar_window import full_months, months_window
from ..measures import InvoicedOnTerms
from ..money import EXACT, rounded, share, shown
from ..payment_record import PaymentRecord
from ..policy.thresholds import IndicatorRules, Letter, OnTime
from .declared import NOTHING_NOW, NOTHING_TO_JUDGE, RETURNS_ABOVE_SALES, Graded, Shown, Snapshot, no_history, once


@once
def terms_agreed(dealer: Snapshot, months: int, credit_days: int) -> InvoicedOnTerms:
    """What was invoiced in the last full months, and how much of it at once or on short credit."""
    return dealer.ledger.terms_agreed(full_months(dealer.as_of, months), credit_days)


def _sums(agreed: InvoicedOnTerms) -> Shown:
    """The share at once, and the sums."""
    sums = {"invoiced": agreed.total, "prepaid_or_cash": agreed.at_once, "with_short_credit": agreed.short}
    return Shown(shown(share(agreed.at_once, agreed.total)), {name: rounded(value) for name, value in sums.items()})


def payment_method(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """Invoice value by the terms agreed, over the last full months; what a bill settled, by the terms of that bill."""
    rule = rules.payment_method
    if not dealer.ledger.has_traded:
        return no_history(rules)
    agreed = terms_agreed(dealer, rule.months, rule.credit_days)
    if agreed.total == 0:
        return Graded("C", lambda: _sums(agreed), NOTHING_NOW)
    if dealer.ledger.in_months(full_months(dealer.as_of, rule.months)) < 0:
        return Graded("C", lambda: _sums(agreed), RETURNS_ABOVE_SALES)
    needed = EXACT.multiply(rule.share, agreed.total)
    letter: Letter = "A" if agreed.at_once >= needed else "B" if agreed.short >= needed else "C"
    return Graded(letter, lambda: _sums(agreed))


@once
def paid(dealer: Snapshot, window_months: int) -> tuple[PaymentRecord, str | None]:
    """How the dealer paid what fell due in the last months and what is overdue from before; a note if nothing was."""
    first, _ = months_window(dealer.as_of, window_months)
    record, anything = dealer.ledger.record_since(first)
    return record, None if record.value > 0 else NOTHING_TO_JUDGE if anything else NOTHING_NOW


def payment_reputation(dealer: Snapshot, rules: IndicatorRules) -> Graded:
    """What fell due in the window, and anything still overdue: how much on time, and how late at worst."""
    rule = rules.payment_reputation
    if not dealer.ledger.anything_due:
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
    enough = EXACT.multiply(rule.share, record.value)
    return record.value > 0 and record.paid_on_time >= enough and record.worst_days_late <= rule.days_late
