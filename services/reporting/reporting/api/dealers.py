"""Dealers as JSON: the list, one dealer, its timeline."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel

from eventlog.position import cut_to_json
from reporting.asking import DealersAsked, TimelineAsked
from reporting.i18n import N_
from reporting.pages.dealer import ENTRIES, key_of, said
from reporting.reading.asked import dealers_asked
from reporting.reading.dealer import dealer_of
from reporting.reading.dealers import DealerRow
from reporting.reading.group import OwnerGroup
from reporting.reading.memory import memory_of
from reporting.reading.plain import Figure, plain
from reporting.reading.standpoint import Standpoint, standpoint
from reporting.reading.timeline import timeline
from reporting.reading.wrong import Wrong
from service.context import Read
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("dealers", prefix="/api")


class Seen(BaseModel):
    """From where an answer was looked at: ask again with the same `cut` and it is the same."""

    as_of: date
    cut: dict[str, dict[str, int]]

    @classmethod
    def of(cls, at: Standpoint) -> Seen:
        """The standpoint."""
        return cls(as_of=at.as_of, cut=cut_to_json(at.cut))


class DealerList(BaseModel):
    """A page of dealers; `totals` are the sums of `items`, `found` counts all pages, `next` goes into `after`."""

    items: list[DealerRow]
    found: int
    totals: dict[str, Figure]
    next: str | None
    seen: Seen


class AgeColumn(BaseModel):
    """One ageing column."""

    name: str
    amount: Figure


class OpenItem(BaseModel):
    """An invoice with something open."""

    number: str
    issued_on: date
    due_on: date
    amount: Figure
    open: Figure
    event: str


class MemberView(BaseModel):
    """A dealer of an owner group, and its exposure."""

    dealer: UUID
    code: str
    name: str
    exposure: Figure


class GroupView(BaseModel):
    """An owner group: its limit, and its dealers in the caller's scope, whose exposures sum to `exposure`."""

    code: str
    name: str
    limit: dict[str, Any] | None
    exposure: Figure
    members: list[MemberView]
    event: str


class DealerView(BaseModel):
    """A dealer with what its grade, limit and class rest on; the ageing columns add up to `balance`."""

    dealer: DealerRow
    grade: dict[str, Any] | None
    limit: dict[str, Any] | None
    override: dict[str, Any] | None
    group: GroupView | None
    abc: dict[str, Any] | None
    balance: Figure
    ageing: list[AgeColumn]
    open_items: list[OpenItem]
    orders: list[dict[str, Any]]
    visits: list[dict[str, Any]]
    parked: list[str]
    seen: Seen


class EntryView(BaseModel):
    """One event of a dealer; `event` is service/partition/sequence."""

    type: str
    dated: date
    actor: str
    data: dict[str, Any]
    event: str


class TimelineView(BaseModel):
    """A page of a timeline, latest first; `next` goes into `before`."""

    items: list[EntryView]
    next: str | None
    seen: Seen


@router.get("/dealers", permission="dealer.read", answers=DealerList)
async def dealers(read: Read, ask: Annotated[DealersAsked, Query()]) -> DealerList:
    """Every dealer in scope with grade, limit, exposure, class, overdue and next visit."""
    at, page, _ = await dealers_asked(read, ask)
    following = page.following[1] if page.following else None
    if following:
        link = read.request.url.include_query_params(after=following)
        read.response.headers["Link"] = f'<{link.path}?{link.query}>; rel="next"'
    totals = {"limit": page.totals.limit, "exposure": page.totals.exposure, "overdue": page.totals.overdue}
    return DealerList(items=page.rows, found=page.found, totals=totals, next=following, seen=Seen.of(at))


def _group(group: OwnerGroup) -> GroupView:
    return GroupView(
        code=group.code,
        name=group.name,
        limit=plain(group.limit),
        exposure=group.exposure,
        members=[MemberView(**vars(each)) for each in group.members],
        event=group.position,
    )


@router.get("/dealers/{dealer}", permission="dealer.read", answers=DealerView)
async def dealer(read: Read, dealer: UUID, ask: Annotated[TimelineAsked, Query()]) -> DealerView:
    """One dealer as of a day, known at a cut."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        found = await dealer_of(conn, read.runtime.pool, at, memory_of(read), dealer)
    if found is None:
        raise Wrong("not-found", N_("This dealer was not there as of that day, known at that cut."))
    money = found.money
    return DealerView(
        dealer=DealerRow(**found.row.model_dump()),
        grade=plain(found.grade),
        limit=plain(found.limit),
        override=plain(found.override),
        group=found.group and _group(found.group),
        abc=plain(found.abc),
        balance=money.balance,
        ageing=[AgeColumn(name=column.name, amount=column.amount) for column in money.columns],
        open_items=[
            OpenItem(
                number=item.invoice.number,
                issued_on=item.invoice.issued_on,
                due_on=item.invoice.due_on,
                amount=item.invoice.amount,
                open=item.open,
                event=money.places[item.invoice.id],
            )
            for item in money.receivables.open_items
        ],
        orders=[plain(order) or {} for order in found.orders],
        visits=found.visits,
        parked=found.parked,
        seen=Seen.of(at),
    )


@router.get("/dealers/{dealer}/timeline", permission="dealer.read", answers=TimelineView)
async def happened(read: Read, dealer: UUID, ask: Annotated[TimelineAsked, Query()]) -> TimelineView:
    """What happened to a dealer, latest first."""
    at = await standpoint(read, as_of=ask.as_of, known_at=ask.known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        found = await timeline(conn, at, dealer, sales=bool(ask.sales), after=key_of(ask.before), limit=ENTRIES + 1)
    items = [
        EntryView(type=each.type, dated=each.dated, actor=each.actor, data=each.data, event=each.position)
        for each in found[:ENTRIES]
    ]
    return TimelineView(
        items=items, next=said(found[ENTRIES - 1].key) if len(found) > ENTRIES else None, seen=Seen.of(at)
    )
