"""Collection as it stands: the work list over the caller's scope, one dealer with what is to be done, every step."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query

from credit_rating.api.collection_views import (
    AgainView,
    CollectionView,
    LegalView,
    PromiseView,
    StepView,
    TaskView,
    WorkList,
    WorkRow,
)
from credit_rating.collecting import owing_at
from credit_rating.collection_again import rederive
from credit_rating.collection_seen import Seen, seen, summaries
from credit_rating.domain.collection import COLLECTION
from credit_rating.domain.collection_stage import reached, stage_of_columns
from credit_rating.evidence import bounds, entries_of
from credit_rating.known_at import KnownAt, cut_known_at, token_of
from credit_rating.published_policies import in_force
from credit_rating.snapshot import SERVICE
from events.fields import Day
from rules.ageing_of_many import Asked, ageing_of_these
from rules.money import NOTHING
from rules.receivables import receivables
from service.context import Read
from service.listing import Asked as ListAsked
from service.listing import Listing, at_least, at_most, equals
from service.paging import Keyset, Page, PageOf
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("collection")
WORST_FIRST = Keyset("behind", "owing", "code")
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
Stage = Annotated[int | None, Query(ge=1, le=9, description="only dealers that have reached this stage")]
LegalSought = Annotated[Literal["proposed", "handed"] | None, Query(description="only dealers that are so")]


@router.get("/collection", permission="collection.read", answers=WorkList)
async def work_list(
    read: Read, page: PageOf, as_of: Day | None = None, known_at: KnownAt = None, stage: Stage = None,
    legal: LegalSought = None,
) -> WorkList:  # fmt: skip
    """Dealers with something overdue, promised, to do or at legal: the furthest stage first, then the largest debt."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        rule = (await in_force(conn, day)).policy.collection
        rows = await summaries(conn, cut, day)
        asked = Asked(bounds(cut, SERVICE), day, rule.limits)
        aged = await ageing_of_these(
            conn.fetch, lambda these: entries_of(conn, these, cut), asked, [row["dealer"] for row in rows]
        )
        for row in rows:
            columns = [column.amount for column in aged.dealers[row["dealer"]][:-1]]
            row["stage"], row["overdue"] = stage_of_columns(columns, rule)
            row["behind"], row["owing"] = -(row["stage"] or 0), -row["overdue"]
        wanted = (row for row in rows if _worked_on(row) and _asked_for(row, stage, legal))
        behind = sorted((row for row in wanted if not page.keys or WORST_FIRST.keys(row) > page.keys),
                        key=WORST_FIRST.keys)[: page.limit + 1]  # fmt: skip
        shown = [row["dealer"] for row in behind]
        steps, entries = await seen(conn, shown, cut, day), await entries_of(conn, shown, cut)
        for row in behind:
            now = reached(receivables(entries.get(row["dealer"], []), day), rule)
            row |= _reminded(steps[row["dealer"]]) | {
                "reminder_due": steps[row["dealer"]].lacks_reminder(now),
                "action": rule.stages[row["stage"] - 1].action if row["stage"] else None,
            }
    listed = page.of(behind, WORST_FIRST, WorkRow)
    return WorkList(items=listed.items, next=listed.next, as_of=day, known_at=token_of(cut),
                    currency=read.runtime.settings.currency)  # fmt: skip


@router.get("/dealers/{dealer}/collection", permission="collection.read", answers=CollectionView)
async def read_collection(
    dealer: UUID, read: Read, as_of: Day | None = None, known_at: KnownAt = None
) -> CollectionView:
    """A dealer's stage, what it is chased for, and what is open; its ETag is what each step names as If-Match."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    _, version = await read.runtime.log.state(COLLECTION, str(dealer))
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        owing = await owing_at(conn, dealer, day, cut, await in_force(conn, day))
        steps = (await seen(conn, [dealer], cut, day))[dealer]
    read.etag(version)
    now, legal = owing.reached, steps.legal
    return CollectionView(
        dealer=dealer, as_of=day, known_at=token_of(cut), currency=read.runtime.settings.currency,
        stage=now and now.number, action=now and now.stages[now.number - 1].action,
        overdue=now.amount if now else NOTHING, oldest_due_on=now and now.oldest_due_on,
        invoices=list(now.invoices) if now else [], reminder_due=steps.lacks_reminder(now),
        promises=[PromiseView.model_validate(dict(row)) for row in steps.promises],
        broken_promises=sum(row["kind"] == "promise_broken" for row in steps.rows),
        tasks=[TaskView.model_validate(dict(row) | {"late": row["due_on"] < day}) for row in steps.tasks],
        legal=legal and LegalView(stage=legal.stage, reason=legal.reason, by=legal.by), policy=owing.policy,
        **_reminded(steps),
    )  # fmt: skip


@router.get("/dealers/{dealer}/collection/steps", permission="collection.read", answers=Page[StepView])
async def list_steps(dealer: UUID, read: Read, asked: Annotated[ListAsked, Depends(STEPS.asked)]) -> Page[StepView]:
    """Every step of a dealer's collection, the latest first."""
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        rows = await asked.rows(conn, dealer)
    return asked.page(rows, StepView)


@router.get("/collection/{event}/rederivation", permission="grade.rederive", answers=AgainView)
async def rederive_step(event: UUID, read: Read) -> AgainView:
    """Take a reminder, or the decision about a promise, again from the facts within its cut."""
    again = await rederive(read.runtime.log, event)
    if again is None:
        raise Problem("not-found", "There is no such reminder or decided promise.", retryable=True)
    return AgainView.model_validate(again._asdict())


def _worked_on(row: dict[str, Any]) -> bool:
    return bool(row["stage"] or row["open_promises"] or row["open_tasks"] or row["legal"])


def _asked_for(row: dict[str, Any], stage: int | None, legal: str | None) -> bool:
    return stage in (None, row["stage"]) and legal in (None, row["legal"])


def _reminded(steps: Seen) -> dict[str, Any]:
    last = steps.reminder
    return {"reminded_stage": last and last["stage"], "reminded_on": last and last["dated"]}
