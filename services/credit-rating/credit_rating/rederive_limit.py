"""A limit that was computed anew is computed once more: the facts at its cut, its policy, the dealer's file before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating.differences import Difference, Rederived, compared
from credit_rating.domain.credit_file import CREDIT_FILE
from credit_rating.domain.limit_recomputation import recompute
from credit_rating.domain.rating import canonical_data
from credit_rating.evidence import facts_of
from credit_rating.published_policies import PolicyAltered, named
from credit_rating.snapshot import company_snapshot
from eventlog.log import Log
from eventlog.position import Cut, cut_from_json
from eventlog.reading import event_of
from events import CreditLimitRecomputed
from events.readers import reader_for

RECOMPUTED = """
select partition, sequence, id, stream, version, document from log.event
where (partition, sequence) > ($1::smallint, $2::bigint) and stream like '%/credit'
order by partition, sequence limit $3
"""
PLACE = """
select e.id, e.stream, e.version, e.document from credit_limit l
join log.event e on e.partition = l.partition and e.sequence = l.sequence
where l.event = $1 and l.causes is not null
"""
SHOWN = "select dealer, run from credit_limit where event = $1 and causes is not null"
SLICE = 5_000
READER = reader_for({"CreditLimitRecomputed": ("run", "cut")}, source="credit-rating")


class Limit(NamedTuple):
    """A limit that was computed anew: its event, and where it stands in its dealer's credit stream."""

    event: UUID
    stream: str
    version: int
    cut: dict[str, dict[str, int]]
    recorded: CreditLimitRecomputed


def size(cut: dict[str, dict[str, int]]) -> int:
    """Orders cuts so that one within another comes first."""
    return sum(sum(parts.values()) for parts in cut.values())


async def rederive_limit(log: Log, event: UUID) -> Rederived | None:
    """Compute one limit once more from the facts rows within its cut; None if there is no such limit."""
    async with company_snapshot(log.pool) as conn:
        shown = await conn.fetchrow(SHOWN, event)
        row = await conn.fetchrow(PLACE, event)
    if shown is None:
        return None
    if row is None or row["id"] != event:
        return Rederived(event, shown["dealer"], shown["run"], [Difference("event", str(event), "is not in the log")])
    return await limit_again(log, _limit(row))


async def limits_of(log: Log) -> list[Limit]:
    """Every limit that the log holds as computed anew, in the order of their cuts."""
    found, after = [], (-1, 0)
    while rows := await log.pool.fetch(RECOMPUTED, *after, SLICE):
        found += [_limit(row) for row in rows if READER.decode(row["document"]) is not None]
        after = (rows[-1]["partition"], rows[-1]["sequence"])
    return sorted(found, key=lambda each: (size(each.cut), each.event))


async def limit_again(log: Log, limit: Limit, bring_to: Callable[[Cut], Awaitable[None]] | None = None) -> Rederived:
    """The same decision, by the same rule, byte for byte."""
    said, dealer = limit.recorded, UUID(limit.stream.partition("/")[0])
    if bring_to is not None:
        await bring_to(cut_from_json(said.cut))
    return Rederived(limit.event, dealer, UUID(said.run), await _differences(log, limit, dealer))


def _limit(row: Mapping[str, Any]) -> Limit:
    recorded = event_of(row["document"])
    assert isinstance(recorded, CreditLimitRecomputed)
    return Limit(row["id"], row["stream"], row["version"], recorded.cut, recorded)


async def _differences(log: Log, limit: Limit, dealer: UUID) -> list[Difference]:
    said = limit.recorded
    async with company_snapshot(log.pool) as conn:
        facts = (await facts_of(conn, [dealer], cut_from_json(said.cut))).get(dealer)
        try:
            policy = (await named(conn, said.policy)).policy
        except PolicyAltered as error:
            return [Difference("policy", said.policy.model_dump(mode="json"), str(error))]
    if facts is None:
        return [Difference("facts", "the dealer was onboarded", "no onboarding lies within the cut")]
    rows = await log.read_stream(limit.stream, up_to=limit.version - 1)
    before = CREDIT_FILE.fold(CREDIT_FILE.state(), [event_of(row.document) for row in rows])
    asked = recompute(
        facts, run=said.run, grade=before.grade or said.grade, as_of=said.as_of, policy=policy, named=said.policy,
        cut=said.cut, before=before.limit_before,
    )  # fmt: skip
    derived = CREDIT_FILE.decide(before, asked)
    return compared("limit", canonical_data(said), canonical_data(derived[0]) if derived else None)
