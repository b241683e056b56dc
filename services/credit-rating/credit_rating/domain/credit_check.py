"""The credit check of an order: what a dealer is exposed to, and every reason why an order must be held.

Source: domain.md 2.7. Passes if exposure + order ≤ limit; a prepaid order passes up to unapplied credit that is money,
whatever the grade.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import msgspec
from pydantic import BaseModel, ConfigDict

from events import CreditCheck, HoldReason, PolicyRef
from rules.entries import Invoice, LedgerEntry

from .ageing import overdue_beyond
from .group_standing import GroupStanding
from .money import NOTHING
from .policy.standing import CheckRule
from .receivables import Receivables

DAYS_WRITTEN_AT_MOST = 3650
"""An event says ten years for anything older."""


class Standing(BaseModel):
    """What the handler gathered of a dealer before an order is checked, as of the order's date and known at `cut`.

    `standing_of` fills it.
    The receivables must be read at a position not below the head of the dealer's order stream (it lies in the same
    partition): an invoice that has used up a reservation must be among them, else its headroom could be spent twice.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    cut: dict[str, dict[str, int]]
    policy: PolicyRef
    grade: int | None
    limit: Decimal | None
    suspended: bool
    open_invoices: Decimal
    unapplied_credit: Decimal
    overdue: Decimal
    """What is overdue enough to hold an order; 0 if the rule does not bite."""
    longest_overdue_days: int
    cash_only: bool
    unmatured_bills: Decimal = NOTHING
    unapplied_bills: Decimal = NOTHING
    """What of the unmatured bills pays no invoice: it is among the unapplied credit, and no money yet."""
    consigned_stock: Decimal = NOTHING
    unreturned: Decimal = NOTHING
    """What invoices that were taken back are still to give back to their orders: reserved, but in no order yet."""
    group: GroupStanding | None = None


def standing_of(
    receivables: Receivables,
    *,
    rule: CheckRule,
    grade: int | None,
    limit: Decimal | None,
    suspended: bool,
    cut: dict[str, dict[str, int]],
    policy: PolicyRef,
    consigned_stock: Decimal = NOTHING,
    unreturned: Decimal = NOTHING,
) -> Standing:
    """The standing of a dealer by its receivables, consigned stock, grade and limit, under the policy's check rule."""
    overdue = overdue_beyond(receivables, rule.overdue.days)
    return Standing(
        as_of=receivables.as_of,
        cut=cut,
        policy=policy,
        grade=grade,
        limit=limit,
        suspended=suspended,
        open_invoices=receivables.open_invoices,
        unapplied_credit=receivables.unapplied,
        unmatured_bills=receivables.unmatured_bills,
        unapplied_bills=_unapplied_bills(receivables),
        consigned_stock=consigned_stock,
        unreturned=unreturned,
        overdue=overdue if overdue > 0 and overdue >= rule.overdue.total else NOTHING,
        longest_overdue_days=receivables.longest_overdue_days,
        cash_only=grade is not None and grade >= rule.cash_only_grade,
    )


def known_at_once(entries: Iterable[LedgerEntry], as_of: date) -> list[LedgerEntry]:
    """The ledger with every invoice dated after `as_of` as if of that day; its due date stays.

    An invoice dated tomorrow uses up its order's reservation when it is recorded: what was reserved is owed from then
    on, or it would be neither until midnight. Credit settles it all the same: money that it takes prepays no order.
    """
    return [
        msgspec.structs.replace(entry, issued_on=as_of) if type(entry) is Invoice and entry.issued_on > as_of else entry
        for entry in entries
    ]


def _unapplied_bills(receivables: Receivables) -> Decimal:
    waiting = {bill.id for bill in receivables.bills}
    return sum((left.amount for left in receivables.left if left.credit.id in waiting), NOTHING)


class Reserved(BaseModel):
    """Released orders not yet invoiced: on credit, and prepaid."""

    model_config = ConfigDict(frozen=True)

    on_credit: Decimal = NOTHING
    prepaid: Decimal = NOTHING


def exposure(standing: Standing, reserved: Reserved) -> Decimal:
    """Open invoices − unapplied credit + unmatured bills + released orders not yet invoiced + consigned stock."""
    return owed(standing) - money(standing) + reserved.on_credit + reserved.prepaid


def owed(standing: Standing) -> Decimal:
    """What the dealer owes or may come to owe whatever is ordered, before its money."""
    bills = standing.unmatured_bills - standing.unapplied_bills
    return standing.open_invoices + bills + standing.consigned_stock + standing.unreturned


def money(standing: Standing) -> Decimal:
    """Unapplied credit but for bills that have not matured: they are no money yet, and in exposure come to nothing."""
    return standing.unapplied_credit - standing.unapplied_bills


def prepayment_left(standing: Standing, reserved: Reserved) -> Decimal:
    """Money that no released order rests on, be it prepaid or beyond the limit thanks to that money."""
    beyond_limit = owed(standing) + reserved.on_credit - (standing.limit or NOTHING)
    lent = max(NOTHING, min(reserved.on_credit, beyond_limit))
    return money(standing) - reserved.prepaid - standing.unreturned - lent


def hold_reasons(amount: Decimal, prepaid: bool, standing: Standing, reserved: Reserved) -> list[HoldReason]:
    """Every reason to hold an order of this amount; none = released.

    A prepaid order rests on money alone; one whose money is short is held for whatever would hold it on credit, too.
    """
    reasons = [HoldReason(code="suspended")] if standing.suspended else []
    if prepaid:
        short = amount - prepayment_left(standing, reserved)
        if short <= 0:
            return reasons
        reasons.append(HoldReason(code="prepayment-short", amount=short))
    return [*reasons, *_credit_reasons(amount, standing, reserved)]


def _credit_reasons(amount: Decimal, standing: Standing, reserved: Reserved) -> list[HoldReason]:
    reasons = [HoldReason(code="no-grade")] if standing.grade is None else []
    if standing.cash_only:
        reasons.append(HoldReason(code="grade-5"))
    if standing.overdue > 0:
        days = min(standing.longest_overdue_days, DAYS_WRITTEN_AT_MOST)
        reasons.append(HoldReason(code="overdue", amount=standing.overdue, days=days))
    if standing.limit is not None:
        over = exposure(standing, reserved) + amount - standing.limit
        if over > 0:
            reasons.append(HoldReason(code="limit-exceeded", amount=over))
    elif standing.grade is not None:
        reasons.append(HoldReason(code="limit-exceeded", amount=exposure(standing, reserved) + amount))
    return reasons


def checked_against(standing: Standing, reserved: Reserved) -> CreditCheck:
    """What the event says the order was checked against."""
    exposed = exposure(standing, reserved)
    return CreditCheck(
        limit=standing.limit,
        exposure=exposed,
        headroom=None if standing.limit is None else standing.limit - exposed,
        grade=standing.grade,
        cut=standing.cut,
        as_of=standing.as_of,
        policy=standing.policy,
    )
