"""Lists of collection over the caller's scope: the dealers to work on, every promise; and the steps of one dealer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel

from credit_rating.ageing_memory import memory_of
from credit_rating.api.collection_views import StepView, WorkRow
from credit_rating.api.money import Money
from credit_rating.collection_seen import SUMMARY, seen
from credit_rating.domain.collection_stage import reached, stage_of_columns
from credit_rating.domain.policy.collection import CollectionRule
from credit_rating.evidence import bounds, entries_of, within
from credit_rating.known_at import AsOfPage, KnownAt, as_of_page, cut_known_at
from credit_rating.published_policies import shown_in_force
from credit_rating.snapshot import SERVICE
from eventlog.position import Cut
from events.fields import Day
from rules.ageing_of_many import Asked as AgeingAsked
from rules.receivables import receivables
from service.context import Read
from service.listing import Asked, Filter, Listing, at_least, at_most, computed, equals
from service.paging import Page
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("collection")
EVERY_PROMISE = f"""
select p.ref as promise, p.dealer, d.code, d.name, s.territory, s.branch, s.region, p.amount, p.dated as promised_on,
    p.due_on as pay_by, p."to" as promised_by, p.by, p.said, coalesce(o.state, 'open') as state, o.paid, o.decided_on
from collection_step p join dealer d using (dealer) join dealer_scope s using (dealer) left join (
    select ref, dealer, case kind when 'promise_kept' then 'kept' else 'broken' end as state, amount as paid,
        dated as decided_on
    from collection_step where kind in ('promise_kept', 'promise_broken') and {within(1)} and dated <= $2
) as o on o.dealer = p.dealer and o.ref = p.ref
where p.kind = 'promise' and {within(1, "p.")} and p.dated <= $2
"""
OF_PLACES = {"territory": equals("territory"), "branch": equals("branch"), "region": equals("region")}


class PromiseRow(BaseModel):
    """A promise to pay: `open`, or `kept` or `broken` on `decided_on`, with what was `paid` by then."""

    promise: UUID
    dealer: UUID
    code: str | None
    name: str | None
    state: Literal["open", "kept", "broken"]
    amount: Money
    promised_on: date
    pay_by: date
    promised_by: str
    paid: Money | None
    decided_on: date | None
    said: str | None
    by: str


WORK = Listing(
    SUMMARY,
    WorkRow,
    key=("overdue", "code"),
    sorts=("stage", "overdue", "code", "name", "promised", "next_promise_on", "next_task_on", "broken_promises"),
    nullable=("stage", "name", "next_promise_on", "next_task_on"),
    default="-stage",
    filters={
        "stage": computed(Annotated[int, Query(ge=1, le=9, description="only dealers that have reached this stage")]),
        "legal": equals("legal", Literal["proposed", "handed"]),
        "promised": Filter(bool, "(open_promises > 0) = {}"),
        "broken": Filter(bool, "(broken_promises > 0) = {}"),
        **OF_PLACES,
    },
)
PROMISES = Listing(
    EVERY_PROMISE,
    PromiseRow,
    key=("promise",),
    sorts=("pay_by", "promised_on", "amount", "state", "code", "paid"),
    nullable=("code", "paid"),
    default="pay_by",
    filters={
        "state": equals("state", Literal["open", "kept", "broken"]),
        "pay_by_from": at_least("pay_by", Day),
        "pay_by_to": at_most("pay_by", Day),
        "by": equals("by"),
        **OF_PLACES,
    },
)
STEPS = Listing(
    """
    select event as id, kind, ref, stage, dated, due_on, amount, "to", by, said, recorded_at, sequence
    from collection_step where dealer = $1
    """,
    StepView,
    key=("sequence",),
    sorts=("sequence", "dated", "due_on", "amount", "kind"),
    nullable=("due_on", "amount"),
    default="-sequence",
    filters={
        "kind": equals("kind"),
        "by": equals("by"),
        "dated_from": at_least("dated", Day),
        "dated_to": at_most("dated", Day),
    },
)


@router.get("/collection", permission="collection.read", answers=AsOfPage[WorkRow], problems=("no-policy",))
async def work_list(
    read: Read, asked: Annotated[Asked, Depends(WORK.asked)], as_of: Day | None = None, known_at: KnownAt = None
) -> AsOfPage[WorkRow]:
    """Dealers with something overdue, promised, to do or at legal: the furthest stage first, then the largest debt."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rule = (await shown_in_force(conn, day)).policy.collection
        rows = await _staged(read, conn, asked, day, cut, rule)
        wanted = (row for row in rows if _worked_on(row) and asked.filters.get("stage", row["stage"]) == row["stage"])
        shown = [dict(row) for row in asked.of_computed(wanted)]
        these = [row["dealer"] for row in shown]
        steps, entries = await seen(conn, these, cut, day), await entries_of(conn, these, cut)
    for row in shown:
        now, last = reached(receivables(entries.get(row["dealer"], []), day), rule), steps[row["dealer"]].reminder
        row["reminder_due"] = steps[row["dealer"]].lacks_reminder(now)
        row["action"] = rule.stages[row["stage"] - 1].action if row["stage"] else None
        row["reminded_stage"], row["reminded_on"] = (last["stage"], last["dated"]) if last else (None, None)
    page = asked.page(shown, WorkRow)
    return AsOfPage[WorkRow](**as_of_page(page, read, day, cut))


@router.get("/collection/promises", permission="collection.read", answers=AsOfPage[PromiseRow])
async def list_promises(
    read: Read, asked: Annotated[Asked, Depends(PROMISES.asked)], as_of: Day | None = None, known_at: KnownAt = None
) -> AsOfPage[PromiseRow]:
    """Promises to pay of the dealers in scope, kept, broken or open at the end of a day, what is due first first."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rows = await asked.rows(conn, bounds(cut, SERVICE), day)
    page = asked.page(rows, PromiseRow)
    return AsOfPage[PromiseRow](**as_of_page(page, read, day, cut))


@router.get("/dealers/{dealer}/collection/steps", permission="collection.read", answers=Page[StepView])
async def list_steps(dealer: UUID, read: Read, asked: Annotated[Asked, Depends(STEPS.asked)]) -> Page[StepView]:
    """Every step of a dealer's collection, the latest first."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    return asked.page(rows, StepView)


async def _staged(
    read: Read, conn: Any, asked: Asked, day: date, cut: Cut, rule: CollectionRule
) -> list[dict[str, Any]]:
    """The dealers that the filters leave, each with its stage and what is overdue."""
    rows = [dict(row) for row in await asked.every(conn, bounds(cut, SERVICE), day)]
    of = AgeingAsked(bounds(cut, SERVICE), day, rule.limits)
    aged = await memory_of(read).of_these(
        conn.fetch, lambda these: entries_of(conn, these, cut), of, [row["dealer"] for row in rows]
    )
    for row in rows:
        row["stage"], row["overdue"] = stage_of_columns(aged.amounts[row["dealer"]][:-1], rule)
    return rows


def _worked_on(row: dict[str, Any]) -> bool:
    return bool(row["stage"] or row["open_promises"] or row["open_tasks"] or row["legal"])
