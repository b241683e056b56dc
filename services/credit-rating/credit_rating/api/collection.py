"""Collection of one dealer as it stands, with what is to be done; and a decision taken again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from credit_rating.api.collection_views import (
    AgainView,
    CollectionView,
    LegalView,
    PromiseView,
    TaskView,
)
from credit_rating.collecting import owing_at
from credit_rating.collection_again import rederive
from credit_rating.collection_seen import Seen, seen
from credit_rating.domain.collection import COLLECTION
from credit_rating.known_at import KnownAt, cut_known_at, token_of
from credit_rating.published_policies import shown_in_force
from events.fields import Day
from rules.money import NOTHING
from service.context import Read
from service.problems import Problem
from service.routing import Router
from service.scope import require_dealer_in_scope

router = Router("collection")


@router.get("/dealers/{dealer}/collection", permission="collection.read", answers=CollectionView)
async def read_collection(
    dealer: UUID, read: Read, as_of: Day | None = None, known_at: KnownAt = None
) -> CollectionView:
    """A dealer's stage, what it is chased for, and what is open; its ETag is what each step names as If-Match."""
    day, cut = as_of or read.today, await cut_known_at(read.runtime, known_at)
    async with read.snapshot() as conn:
        await require_dealer_in_scope(conn, dealer)
        owing = await owing_at(conn, dealer, day, cut, await shown_in_force(conn, day))
        steps = (await seen(conn, [dealer], cut, day))[dealer]
        await read.shows(conn, COLLECTION, str(dealer), cut)
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


@router.get("/collection/{event}/rederivation", permission="grade.rederive", answers=AgainView)
async def rederive_step(event: UUID, read: Read) -> AgainView:
    """Take a reminder, or the decision about a promise, again from the facts within its cut."""
    again = await rederive(read.runtime.log, event)
    if again is None:
        raise Problem("not-found", "There is no such reminder or decided promise.", retryable=True)
    return AgainView.model_validate(again._asdict())


def _reminded(steps: Seen) -> dict[str, Any]:
    last = steps.reminder
    return {"reminded_stage": last and last["stage"], "reminded_on": last and last["dated"]}
