"""Whether a topic tells the history of its log: from its first record on, and whole from the mark to its end.

The last record alone would not do: a batch that was sent into a topic deleted and created meanwhile is its last record
and matches the log, while nothing stands before it. The same holds for a batch of another history before the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import asyncpg

from eventlog import tail
from eventlog.connection import Pool
from eventlog.tail import Foreign, Published
from eventlog.topics import Options

MARKS = "select partition, sequence, id, kafka_offset from log.mark"
LINEAGE = "select lineage from log.lineage"
IDS = "select sequence, id from log.event where partition = $1 and sequence between $2 and $3"
MAKE_ANEW = "it was deleted or created anew under its publisher: delete it, then run republish"


class Diverged(Exception):
    """Topic and log tell different histories, or one lacks what the other acknowledged: an operator must decide."""


class Agreed(NamedTuple):
    """What log and topic agree on: `marks` by partition, under the log's `lineage`; `unfenced`, the partitions in which
    an older lineage could still publish; `late`, what it did send too late, behind the marks that were known.
    """

    marks: dict[int, Mark]
    lineage: int
    unfenced: list[int]
    late: list[Published]


class Mark(NamedTuple):
    """The last event known to be in the topic, where it stands there, and the offset that the next batch must get."""

    sequence: int
    id: UUID | None
    offset: int
    next_offset: int


async def agreed_marks(pool: Pool, kafka: Options, topic: str, partitions: int) -> Agreed:
    """The last event of each partition up to which log and topic agree; raises `Diverged`.

    Reads the first record and what stands behind the mark in the database: little, but all of it without a mark.
    """
    try:
        return await _agreed_marks(pool, kafka, topic, partitions)
    except Foreign as error:
        raise Diverged(str(error)) from error


async def _agreed_marks(pool: Pool, kafka: Options, topic: str, partitions: int) -> Agreed:
    lineage: int = await pool.fetchval(LINEAGE)
    hints = {row["partition"]: row for row in await pool.fetch(MARKS)}
    starts = {
        partition: hints[partition]["kafka_offset"] if partition in hints else 0 for partition in range(partitions)
    }
    marks: dict[int, Mark] = {}
    async with tail.reading(kafka, topic, starts) as topic_now:
        for partition, end in topic_now.ends.items():
            place, hint = f"{topic}[{partition}]", hints.get(partition)
            if end.first and end.first.placement.sequence != 1:
                raise Diverged(f"{place} begins at sequence {end.first.placement.sequence}: {MAKE_ANEW}")
            if hint and hint["kafka_offset"] >= end.next_offset:
                raise _lacks(place, hint)
            marks[partition] = Mark(0, None, -1, end.next_offset)
        unseen = dict(hints)
        async for partition, records in topic_now.records():
            place = f"{topic}[{partition}]"
            if hint := unseen.pop(partition, None):
                if (records[0].offset, records[0].id) != (hint["kafka_offset"], hint["id"]):
                    raise _lacks(place, hint)
                marks[partition] = marks[partition]._replace(sequence=records[0].placement.sequence - 1)
            _require_ours(place, topic_now.histories[partition].epoch, lineage)
            sequences = [each.placement.sequence for each in records]
            rows = await pool.fetch(IDS, partition, min(sequences), max(sequences))
            marks[partition] = _agreed(place, marks[partition], records, dict(map(tuple, rows)))
    for partition, history in topic_now.histories.items():
        _require_ours(f"{topic}[{partition}]", history.epoch, lineage)
    for partition, hint in unseen.items():
        raise _lacks(f"{topic}[{partition}]", hint)
    # the first lineage has none before it
    unfenced = [p for p, history in topic_now.histories.items() if lineage > 1 and history.epoch < lineage]
    return Agreed(marks, lineage, unfenced, [each for h in topic_now.histories.values() for each in h.late])


def _require_ours(place: str, epoch: int, lineage: int) -> None:
    if epoch > lineage:
        raise Diverged(
            f"{place} is of lineage {epoch} by now, this log of {lineage}: another database took over; stop this one, "
            "or run adopt if it is the one that goes on"
        )


def _agreed(place: str, mark: Mark, records: list[Published], ids: Mapping[int, UUID]) -> Mark:
    """The mark behind these records, each of which must be the log's own, next or known before."""
    for record in records:
        sequence = record.placement.sequence
        if sequence > mark.sequence + 1:
            raise Diverged(f"{place} lacks sequences {mark.sequence + 1} to {sequence - 1}: {MAKE_ANEW}")
        if sequence not in ids:
            raise Diverged(f"{place} holds sequence {sequence}, which this log lacks: run restore, or adopt")
        if ids[sequence] != record.id:
            raise Diverged(
                f"{place} holds {record.id} at {sequence}, this log {ids[sequence]}: two histories; do not write"
            )
        if sequence > mark.sequence:
            mark = Mark(sequence, record.id, record.offset, mark.next_offset)
    return mark


def _lacks(place: str, hint: asyncpg.Record) -> Diverged:
    return Diverged(f"{place} lacks sequence {hint['sequence']} that it acknowledged: run republish")
