"""Take a decision again: what was known at its cut, under its policy, by the same rule must give the same bytes.

Architecture 4. Facts come from the facts rows within the cut, the grade before from the dealer's own stream.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.domain.credit_file import CREDIT_FILE, CreditFile
from credit_rating.domain.rating import NotRated, Occasion, canonical_data, rate
from credit_rating.evidence import facts_of
from credit_rating.published_policies import PolicyAltered, named
from credit_rating.snapshot import company_snapshot
from eventlog.log import Log
from eventlog.position import cut_from_json
from eventlog.reading import event_of
from events import CreditGradeAssigned, CreditLimitSet
from events.ids import canonical

EVERY = """
select event from grade where ($1::uuid is null or run = $1) and ($2::uuid is null or event > $2)
order by event limit $3
"""
DECISION = """
select g.stream, g.version, g.document as graded, l.document as limited from log.event g
left join log.event l on l.stream = g.stream and l.version = g.version + 1 and l.command = g.command
where g.partition = $1 and g.sequence = $2
"""
PLACE = "select partition, sequence from grade where event = $1"
PAGE = 200


class Difference(NamedTuple):
    """What is not as it was decided: a path in the data, what was recorded and what is derived now (as JSON)."""

    path: str
    recorded: Any
    derived: Any


class Rederived(NamedTuple):
    """A decision taken again; equal if there is no difference."""

    event: UUID
    dealer: UUID
    run: UUID
    differences: list[Difference]

    @property
    def equal(self) -> bool:
        """Whether every byte of both events' data is the same."""
        return not self.differences


async def rederive(log: Log, event: UUID) -> Rederived | None:
    """Take the grade and limit of one event again; None if there is no such grade."""
    async with company_snapshot(log.pool) as conn:
        place = await conn.fetchrow(PLACE, event)
        row = place and await conn.fetchrow(DECISION, *place)
    if row is None:
        return None
    graded = event_of(row["graded"])
    limited = None if row["limited"] is None else event_of(row["limited"])
    assert isinstance(graded, CreditGradeAssigned) and isinstance(limited, CreditLimitSet | None)
    dealer = UUID(row["stream"].partition("/")[0])
    before = await _file_before(log, row["stream"], row["version"])
    differences = await _differences(log, dealer, graded, limited, before)
    return Rederived(event, dealer, UUID(graded.run), differences)


async def rederive_all(log: Log, run: UUID | None = None) -> AsyncIterator[Rederived]:
    """Every grade ever assigned, or those of one run."""
    last: UUID | None = None
    while True:
        async with company_snapshot(log.pool) as conn:
            events = [row["event"] for row in await conn.fetch(EVERY, run, last, PAGE)]
        for event in events:
            if (one := await rederive(log, event)) is not None:
                yield one
        if len(events) < PAGE:
            return
        last = events[-1]


async def _file_before(log: Log, stream: str, version: int) -> CreditFile:
    rows = await log.read_stream(stream, up_to=version - 1) if version > 1 else []
    state: CreditFile = CREDIT_FILE.fold(CreditFile(), [event_of(row.document) for row in rows])
    return state


async def _differences(
    log: Log, dealer: UUID, graded: CreditGradeAssigned, limited: CreditLimitSet | None, before: CreditFile
) -> list[Difference]:
    cut = cut_from_json(graded.cut)
    async with company_snapshot(log.pool) as conn:
        facts = (await facts_of(conn, [dealer], cut)).get(dealer)
        try:
            policy = (await named(conn, graded.policy)).policy
        except PolicyAltered as error:
            return [Difference("policy", graded.policy.model_dump(mode="json"), str(error))]
    if facts is None:
        return [Difference("facts", "the dealer was onboarded", "no onboarding lies within the cut")]
    occasion = Occasion(graded.run, graded.as_of, graded.cut, graded.policy, graded.approved_by)
    derived = rate(facts, policy=policy, occasion=occasion, previous_grade=before.grade)
    if isinstance(derived, NotRated):
        return [Difference("grade", graded.grade, derived.reason)]
    found = _compared("grade", canonical_data(graded), canonical_data(derived.grade))
    recorded = canonical_data(limited) if limited is not None else canonical(None)
    return [*found, *_compared("limit", recorded, canonical_data(derived.limit))]


def _compared(path: str, recorded: bytes, derived: bytes) -> list[Difference]:
    if recorded == derived:
        return []
    return list(_unequal(path, json.loads(recorded), json.loads(derived)))


def _unequal(path: str, recorded: Any, derived: Any) -> list[Difference]:
    if recorded == derived:
        return []
    if isinstance(recorded, dict) and isinstance(derived, dict):
        names = sorted(recorded.keys() | derived.keys())
        return [each for name in names for each in _unequal(f"{path}.{name}", recorded.get(name), derived.get(name))]
    return [Difference(path, recorded, derived)]
