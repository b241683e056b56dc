"""What dealers owe, as of a day and as known at a cut."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.domain.calendar_window import months_window
from credit_rating.domain.payment_record import due_or_overdue, payment_record
from credit_rating.evidence import entries_of
from credit_rating.known_at import KnownAt, cut_known_at, token_of
from credit_rating.published_policies import in_force
from eventlog.position import Cut, cut_to_json
from events.fields import Day
from rules.ageing import AgeBy, ageing, days_sales_outstanding
from rules.money import rounded, shown
from rules.receivables import Item, Receivables, receivables
from service.context import Read
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("receivables")
WINDOW_MONTHS = 12


class OpenItem(BaseModel):
    """An invoice with something open; `days` past due (negative: not due yet)."""

    id: UUID
    source: str
    number: str
    issued_on: date
    due_on: date
    amount: Money
    open: Money
    days: int
    disputed: Money


class Unapplied(BaseModel):
    """A payment or credit note of which something is left."""

    number: str
    amount: Money


class AgeColumn(BaseModel):
    """One column of the ageing; the columns add up to the balance."""

    name: str
    amount: Money


class ReceivablesView(BaseModel):
    """The receivables of a dealer at the end of `as_of`, known at `cut` (`known_at` is the same as one word)."""

    dealer: UUID
    as_of: date
    known_at: str
    cut: dict[str, dict[str, int]]
    currency: str
    balance: Money
    open_invoices: Money
    unapplied: Money
    ageing: list[AgeColumn]
    days_sales_outstanding: Decimal | None
    on_time_share: Decimal | None
    average_days_late: Decimal | None
    longest_overdue_days: int
    open_items: list[OpenItem]
    unapplied_credits: list[Unapplied]


@router.get("/dealers/{dealer}/receivables", permission="receivables.read", answers=ReceivablesView)
async def receivables_of(
    dealer: UUID, read: Read, as_of: Day | None = None, known_at: KnownAt = None, by: AgeBy = "due_date"
) -> ReceivablesView:
    """Open items, ageing, unapplied credit, days sales outstanding and the payment record of the last 12 months."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        limits = (await in_force(conn, day)).policy.ageing.limits
        entries = (await entries_of(conn, [dealer], cut)).get(dealer, [])
    owed = await asyncio.to_thread(receivables, entries, day)
    return _view(dealer, owed, limits, by, cut, read.runtime.settings.currency)


def _view(
    dealer: UUID, owed: Receivables, limits: Sequence[int], by: AgeBy, cut: Cut, currency: str
) -> ReceivablesView:
    first, _ = months_window(owed.as_of, WINDOW_MONTHS)
    record = payment_record(due_or_overdue(owed, first), owed.as_of)
    late = record.average_days_late
    return ReceivablesView(
        dealer=dealer,
        as_of=owed.as_of,
        known_at=token_of(cut),
        cut=cut_to_json(cut),
        currency=currency,
        balance=owed.balance,
        open_invoices=owed.open_invoices,
        unapplied=owed.unapplied,
        ageing=[AgeColumn(name=name, amount=amount) for name, amount in ageing(owed, limits, by)],
        days_sales_outstanding=days_sales_outstanding(owed),
        on_time_share=shown(record.on_time_share),
        average_days_late=None if late is None else rounded(late, 1),
        longest_overdue_days=owed.longest_overdue_days,
        open_items=[_open_item(item, owed.as_of) for item in owed.open_items],
        unapplied_credits=[Unapplied(number=number, amount=amount) for number, amount in owed.unapplied_credits],
    )


def _open_item(item: Item, as_of: date) -> OpenItem:
    invoice = item.invoice
    return OpenItem(
        id=UUID(invoice.id),
        source=invoice.source,
        number=invoice.number,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        amount=invoice.amount,
        open=item.open,
        days=(as_of - invoice.due_on).days,
        disputed=item.disputed.open,
    )
