"""Until when open invoices can be sued for: of one dealer, and all whose time ends soon, over the caller's scope."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from credit_rating.api.money import Money
from credit_rating.domain.calendar_window import plus_months
from credit_rating.domain.limitation import Cause, Limitation, Restart, limitations, warned
from credit_rating.domain.policy.limitation import LimitationRule
from credit_rating.evidence import entries_of
from credit_rating.known_at import AsOfPage, KnownAt, as_of_page, cut_known_at, token_of
from credit_rating.published_policies import shown_in_force
from credit_rating.restarts import restarts_of
from eventlog.position import cut_to_json
from events.fields import Day
from rules.entries import LedgerEntry
from rules.receivables import receivables
from service.context import Read
from service.listing import Asked, Listing, equals
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("receivables")
SLICE = 200
OLD_ENOUGH = """
select d.dealer, d.code, d.name, s.territory, s.branch, s.region from dealer d join dealer_scope s using (dealer)
where d.code is not null
    and exists (select from ledger_entry e where e.dealer = d.dealer and e.kind = 'invoice' and e.due_on <= $1)
"""


class LimitationView(BaseModel):
    """An open invoice: since when its time runs and what began it, its last day, and the days left until then."""

    id: UUID
    source: str
    number: str
    due_on: date
    open: Money
    since: date
    because: Cause
    statement: UUID | None
    reminder: UUID | None
    last_day: date
    days_left: int
    warned: bool


class LimitationsView(BaseModel):
    """Every open invoice of a dealer at the end of `as_of`, known at `cut`, the one whose time ends first first."""

    dealer: UUID
    as_of: date
    known_at: str
    cut: dict[str, dict[str, int]]
    currency: str
    years: int
    warn_days: int
    items: list[LimitationView]


class WarnedDealer(BaseModel):
    """A dealer with what of it is warned about; `last_day`: when the first of these can be sued for no more."""

    dealer: UUID
    code: str
    name: str | None
    last_day: date
    amount: Money
    items: list[LimitationView]


class WarnedPage(AsOfPage[WarnedDealer]):
    """A page of dealers with invoices whose time ends within `warn_days`, or is over, as of a day, known at a cut."""

    years: int
    warn_days: int


WARNED = Listing(
    OLD_ENOUGH,
    WarnedDealer,
    key=("dealer",),
    sorts=("last_day", "amount", "code", "name"),
    nullable=("name",),
    default="last_day",
    filters={"territory": equals("territory"), "branch": equals("branch"), "region": equals("region")},
)


@router.get(
    "/dealers/{dealer}/limitations", permission="receivables.read", answers=LimitationsView, problems=("no-policy",)
)
async def limitations_of(
    dealer: UUID, read: Read, as_of: Day | None = None, known_at: KnownAt = None
) -> LimitationsView:
    """The limitation dates of a dealer's open invoices."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rule = (await shown_in_force(conn, day)).policy.limitation
        entries = await entries_of(conn, [dealer], cut)
        restarts = await restarts_of(conn, [dealer], day, cut)
    found = limitations(receivables(entries.get(dealer, []), day), restarts, rule)
    return LimitationsView(
        dealer=dealer,
        as_of=day,
        known_at=token_of(cut),
        cut=cut_to_json(cut),
        currency=read.runtime.settings.currency,
        years=rule.years,
        warn_days=rule.warn_days,
        items=[_view(each, rule) for each in found],
    )


@router.get("/receivables/limitations", permission="receivables.read", answers=WarnedPage, problems=("no-policy",))
async def all_warned(
    read: Read, asked: Annotated[Asked, Depends(WARNED.asked)], as_of: Day | None = None, known_at: KnownAt = None
) -> WarnedPage:
    """What is to be claimed soon: every dealer in scope with an open invoice whose time ends within 90 days."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rule = (await shown_in_force(conn, day)).policy.limitation
        old = await asked.every(conn, _due_by(day, rule))
    rows: list[dict[str, Any]] = []
    for first in range(0, len(old), SLICE):
        dealers = old[first : first + SLICE]
        these = [row["dealer"] for row in dealers]
        async with read.snapshot() as conn:
            ledgers, restarts = await entries_of(conn, these, cut), await restarts_of(conn, these, day, cut)
        rows += await asyncio.to_thread(_warned, dealers, ledgers, restarts, day, rule)
    page = asked.page(asked.of_computed(rows), WarnedDealer)
    return WarnedPage(**as_of_page(page, read, day, cut), years=rule.years, warn_days=rule.warn_days)


def _due_by(day: date, rule: LimitationRule) -> date:
    """What is due later is not warned about, whatever the month's length."""
    return plus_months(day + timedelta(days=rule.warn_days), -12 * rule.years) + timedelta(days=3)


def _warned(
    dealers: Sequence[Any],
    ledgers: Mapping[UUID, list[LedgerEntry]],
    restarts: Mapping[str, Iterable[Restart]],
    day: date,
    rule: LimitationRule,
) -> list[dict[str, Any]]:
    rows = []
    for dealer in dealers:
        owed = receivables(ledgers.get(dealer["dealer"], ()), day)
        if found := warned(limitations(owed, restarts, rule), rule):
            items = [_view(each, rule) for each in found]
            amount, last_day = sum(each.item.open for each in found), min(each.last_day for each in found)
            rows.append({**dealer, "amount": amount, "last_day": last_day, "items": items})
    return rows


def _view(found: Limitation, rule: LimitationRule) -> LimitationView:
    invoice, since = found.item.invoice, found.since
    return LimitationView(
        id=UUID(invoice.id),
        source=invoice.source,
        number=invoice.number,
        due_on=invoice.due_on,
        open=found.item.open,
        since=since.on,
        because=since.cause,
        statement=UUID(since.document) if since.cause == "statement" and since.document else None,
        reminder=UUID(since.document) if since.cause == "dunning" and since.document else None,
        last_day=found.last_day,
        days_left=found.days_left,
        warned=found.days_left <= rule.warn_days,
    )
