"""Statements, reminders and decided promises taken again from the log alone, beside grades and limits.

Each reads facts within its own cut. The tables are brought to the furthest cut of some hundred at a time, since every
statement of a month has a cut of its own: that a query forgot its cut shows for grades and limits, which read by the
same functions at exactly theirs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from credit_rating import collection_again
from credit_rating.differences import Difference, Rederived, compared
from credit_rating.rederive_limit import SLICE, size
from credit_rating.stating import rederive_statement
from eventlog.log import Log
from eventlog.position import Cut, cut_from_json
from events.ids import canonical
from events.readers import reader_for

TOGETHER = 100
NAMES = {
    "StatementIssued": "statement",
    "ReminderIssued": "reminder",
    "PromiseKept": "promise",
    "PromiseBroken": "promise",
}
"""Type → the field that names what is decided."""
DECIDED = """
select partition, sequence, id, stream, document from log.event
where (partition, sequence) > ($1::smallint, $2::bigint) and (stream like '%/statements' or stream like '%/collection')
order by partition, sequence limit $3
"""
READER = reader_for({type_: (name, "cut") for type_, name in NAMES.items()}, source="credit-rating")


class Other(NamedTuple):
    """A statement, a reminder or the decision about a promise: its event, and what it is called in `Rederived.run`."""

    event: UUID
    dealer: UUID
    kind: str
    id: UUID
    cut: dict[str, dict[str, int]]


async def others_of(log: Log) -> list[Other]:
    """Every one that the log holds, in the order of their cuts."""
    found, after = [], (-1, 0)
    while rows := await log.pool.fetch(DECIDED, *after, SLICE):
        found += [other for row in rows if (other := _other(row)) is not None]
        after = (rows[-1]["partition"], rows[-1]["sequence"])
    return sorted(found, key=lambda each: (size(each.cut), each.event))


async def others_again(
    log: Log, others: Sequence[Other], bring_to: Callable[[Cut], Awaitable[None]]
) -> AsyncIterator[Rederived]:
    """Each taken again, by the same rule, byte for byte."""
    for start in range(0, len(others), TOGETHER):
        some = others[start : start + TOGETHER]
        await bring_to(_furthest(each.cut for each in some))
        for each in some:
            yield Rederived(each.event, each.dealer, each.id, await _differences(log, each))


def _other(row: Mapping[str, Any]) -> Other | None:
    decided: Any = READER.decode(row["document"])
    if decided is None:
        return None
    kind = NAMES[decided.type]
    dealer = UUID(row["stream"].partition("/")[0])
    return Other(row["id"], dealer, kind, UUID(getattr(decided.data, kind)), decided.data.cut)


def _furthest(cuts: Iterable[dict[str, dict[str, int]]]) -> Cut:
    furthest: dict[str, dict[int, int]] = {}
    for cut in map(cut_from_json, cuts):
        for source, partitions in cut.items():
            reached = furthest.setdefault(source, {})
            for partition, sequence in partitions.items():
                reached[partition] = max(sequence, reached.get(partition, 0))
    return furthest


async def _differences(log: Log, other: Other) -> list[Difference]:
    if other.kind == "statement":
        return await rederive_statement(log, other.dealer, other.event)
    again = await collection_again.rederive(log, other.event)
    if again is None:
        return [Difference("event", str(other.event), "is no such decision")]
    derived = None if again.derived is None else canonical(again.derived)
    found = compared(other.kind, canonical(again.recorded), derived)
    return found or ([] if again.equal else [Difference("type", again.type, "is decided otherwise")])
