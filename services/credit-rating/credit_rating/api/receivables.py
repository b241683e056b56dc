"""What dealers owe, as of a day and as known at a cut."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import UUID

from pydantic import BaseModel

from credit_rating.api.figures import FiguresView, figures_view
from credit_rating.api.money import Money
from credit_rating.domain.figures import FigureRules, Figures, figures_of
from credit_rating.evidence import entries_of
from credit_rating.known_at import KnownAt, cut_known_at, token_of
from credit_rating.published_policies import shown_in_force
from eventlog.position import cut_to_json
from events.fields import Day
from rules.ageing import AgeBy
from rules.entries import LedgerEntry
from rules.ledger import Credit
from rules.receivables import Item, Receivables, receivables
from service.context import Read
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("receivables")


class OpenItem(BaseModel):
    """An invoice with something open; `days` past due (negative: not due yet)."""

    id: UUID
    source: str
    number: str
    issued_on: date
    due_on: date
    amount: Money
    open: Money
    written_off: Money
    days: int
    disputed: Money


class Unapplied(BaseModel):
    """A payment or credit note of which something is left."""

    number: str
    amount: Money


class UnmaturedBill(BaseModel):
    """A bill that has settled what it could and is not money yet."""

    id: UUID
    source: str
    number: str
    amount: Money
    method: str
    matures_on: date


class ReceivablesView(FiguresView):
    """The receivables of a dealer at the end of `as_of`, known at `cut` (`known_at` is the same as one word)."""

    dealer: UUID
    as_of: date
    known_at: str
    cut: dict[str, dict[str, int]]
    currency: str
    open_items: list[OpenItem]
    unapplied_credits: list[Unapplied]
    unmatured_bills: Money
    bills: list[UnmaturedBill]
    written_off: Money
    recovered: Money


@router.get(
    "/dealers/{dealer}/receivables", permission="receivables.read", answers=ReceivablesView, problems=("no-policy",)
)
async def receivables_of(
    dealer: UUID, read: Read, as_of: Day | None = None, known_at: KnownAt = None, by: AgeBy = "due_date"
) -> ReceivablesView:
    """Open items, ageing, unapplied credit, days sales outstanding and the payment record of the last 12 months."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        policy = (await shown_in_force(conn, day)).policy
        entries = (await entries_of(conn, [dealer], cut)).get(dealer, [])
    rules = FigureRules(policy.ageing.limits, by, policy.provision)
    owed, sums = await asyncio.to_thread(_worked_out, entries, day, rules)
    return ReceivablesView(
        **figures_view(sums, rules).model_dump(),
        dealer=dealer,
        as_of=day,
        known_at=token_of(cut),
        cut=cut_to_json(cut),
        currency=read.runtime.settings.currency,
        open_items=[_open_item(item, day) for item in owed.open_items],
        unapplied_credits=[Unapplied(number=number, amount=amount) for number, amount in owed.unapplied_credits],
        unmatured_bills=owed.unmatured_bills,
        bills=[_bill(credit) for credit in owed.bills],
        written_off=owed.written_off,
        recovered=owed.recovered,
    )


def _bill(credit: Credit) -> UnmaturedBill:
    assert credit.bill is not None
    return UnmaturedBill(
        id=UUID(credit.id),
        source=credit.source,
        number=credit.number,
        amount=credit.amount,
        method=credit.bill.method,
        matures_on=credit.bill.matures_on,
    )


def _worked_out(entries: list[LedgerEntry], day: date, rules: FigureRules) -> tuple[Receivables, Figures]:
    owed = receivables(entries, day)
    return owed, figures_of(owed, rules)


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
        written_off=item.written_off,
        days=(as_of - invoice.due_on).days,
        disputed=item.disputed.open,
    )
