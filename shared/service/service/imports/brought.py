"""Which events an import brought in: from file and row to every event of it, read from the log alone.

An import's events lie behind the cut that its start recorded and, but for a minute of clocks that differ, before its
end; so only that stretch of each partition is searched, in pages.
"""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple
from uuid import UUID

import msgspec

from eventlog.log import Log
from eventlog.position import Position
from service.imports.records import MappedRecord
from service.imports.report import RowVerdict, Sink

PAGE = 20_000
GRACE = datetime.timedelta(minutes=2)
"""The clock worker stops where clocks differ by more than 60 s."""
FOUND = """
select sequence, lineage, id, stream, recorded_at, document from log.event
where partition = $1 and sequence > $2 and sequence <= $3 and position($4::bytea in document) > 0
order by sequence
"""
REACHED = "select recorded_at from log.event where partition = $1 and sequence = $2"


class Brought(NamedTuple):
    """An event of an import: which, of what, from which row, where it stands."""

    event: UUID
    type: str
    stream: str
    subject: str
    row: int
    position: Position
    recorded_at: datetime.datetime


class _Origin(msgspec.Struct):
    type: str
    subject: str
    importid: str = ""
    importrow: int = 0


_ORIGIN = msgspec.json.Decoder(_Origin)


async def brought_by(
    log: Log,
    import_id: str,
    *,
    after: Mapping[int, int],
    until: datetime.datetime | None = None,
    row: int | None = None,
) -> AsyncIterator[Brought]:
    """The events of an import, or of one row of it, by partition and sequence, reversals included.

    `after` is the last sequence of each partition before it began, `until` the moment when it ended, if it has.
    """
    mark = f'"importid":"{import_id}"' + (f',"importrow":{row},' if row is not None else "")
    for partition, last in (await log.last()).items():
        first = after.get(partition, 0)
        while first < last:
            end = min(first + PAGE, last)
            for found in await log.pool.fetch(FOUND, partition, first, end, mark.encode()):
                origin = _ORIGIN.decode(found["document"])
                if origin.importid == import_id and row in (None, origin.importrow):
                    at = Position(log.name, partition, found["sequence"], found["lineage"])
                    yield Brought(
                        found["id"], origin.type, found["stream"], origin.subject, origin.importrow, at,
                        found["recorded_at"],
                    )  # fmt: skip
            first = end
            reached = await log.pool.fetchval(REACHED, partition, end)
            if until is not None and reached is not None and reached > until + GRACE:
                break


async def rows_brought(log: Log, import_id: str, *, after: Mapping[int, int]) -> bytearray:
    """A byte for each row of the file, 1 where an event of that row is in the log."""
    rows = bytearray()
    async for each in brought_by(log, import_id, after=after):
        if each.row >= len(rows):
            rows.extend(bytes(max(65_536, each.row + 1 - len(rows))))
        rows[each.row] = 1
    return rows


def counting(sink: Sink, known: bytearray) -> Sink:
    """The same sink, but rows that an earlier attempt of this import brought in are accepted, not duplicates."""

    async def counted(records: list[MappedRecord]) -> list[RowVerdict]:
        return [
            RowVerdict(each.row, "accepted")
            if each.verdict == "duplicate" and each.row < len(known) and known[each.row]
            else each
            for each in await sink(records)
        ]

    return counted
