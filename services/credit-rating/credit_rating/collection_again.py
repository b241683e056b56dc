"""Take a reminder, or the decision about a promise, again: what was known at its cut must give the same bytes."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.collecting import owing_at, promise_payments
from credit_rating.domain.collection import COLLECTION, Collection
from credit_rating.domain.collection_asked import DecidePromise, IssueReminder
from credit_rating.published_policies import PolicyAltered, named
from credit_rating.snapshot import company_snapshot
from eventlog.log import Log
from eventlog.position import cut_from_json
from eventlog.reading import event_of
from events import Event, PromiseBroken, PromiseKept, ReminderIssued, canonical
from events.decider import Refused

PLACE = "select id, stream, version, document from log.event where id = $1 and stream like '%/collection'"


class Again(NamedTuple):
    """A decision taken again; `derived` is null where nothing would be decided at all."""

    id: UUID
    type: str
    equal: bool
    recorded: dict[str, Any]
    derived: dict[str, Any] | None


async def rederive(log: Log, event: UUID) -> Again | None:
    """Take one decision again; None if there is none of that id."""
    row = await log.pool.fetchrow(PLACE, event)
    said = event_of(row["document"]) if row else None
    if row is None or not isinstance(said, ReminderIssued | PromiseKept | PromiseBroken):
        return None
    before = await log.read_stream(row["stream"], up_to=row["version"] - 1) if row["version"] > 1 else []
    state: Collection = COLLECTION.fold(Collection(), [event_of(each.document) for each in before])
    dealer = UUID(row["stream"].partition("/")[0])
    try:
        found = COLLECTION.decide(state, await _command(log, dealer, said))
    except (Refused, PolicyAltered):
        found = []
    derived: Event | None = found[0] if found else None
    equal = derived is not None and type(derived) is type(said) and _bytes(derived) == _bytes(said)
    return Again(event, type(said).__name__, equal, _data(said), _data(derived) if derived else None)


async def _command(log: Log, dealer: UUID, said: ReminderIssued | PromiseKept | PromiseBroken) -> Any:
    cut = cut_from_json(said.cut)
    async with company_snapshot(log.pool) as conn:
        policy = await named(conn, said.policy)
        if isinstance(said, ReminderIssued):
            owing = await owing_at(conn, dealer, said.as_of, cut, policy)
            return IssueReminder(
                reminder=said.reminder, reached=owing.reached, stage=said.stage, channel=said.channel, to=said.to,
                note=said.note, as_of=said.as_of, policy=owing.policy, cut=said.cut, by=said.by,
            )  # fmt: skip
        return DecidePromise(
            promise=said.promise, payments=await promise_payments(conn, dealer, said.decided_on, cut),
            after_days=policy.policy.collection.promise_decided_after_days, policy=policy.reference, cut=said.cut,
        )  # fmt: skip


def _bytes(event: Event) -> bytes:
    return canonical(event.model_dump(mode="json"))


def _data(event: Event) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(_bytes(event))
    return data
