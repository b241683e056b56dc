"""The routes by which a log's owner answers for it: its events, and what it had recorded at a moment.

Events come by partition after a sequence, as Kafka acknowledged them. A line is
`{"placement": base64, "key": base64, "document": base64}`: the three parts of the topic's record, unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from fastapi import Path, Query
from pydantic import AwareDatetime, BaseModel
from starlette.responses import Response

from eventlog import reading
from eventlog.connection import Pool
from eventlog.position import cut_to_json
from events.placement import key_of, pack
from service.context import Read
from service.moments import own_cut_at
from service.problems import Problem
from service.routing import Router

MEDIA_TYPE = "application/x-ndjson"
MOST_EVENTS, MOST_BYTES = 1_000, 8 << 20
MARK = "select coalesce((select sequence from log.mark where partition = $1), 0)"
router = Router("operations", prefix="/ops")
encode = msgspec.json.Encoder().encode

EVENT_LINE = {
    "type": "object",
    "required": ["placement", "key", "document"],
    "properties": {
        "placement": {"type": "string", "contentEncoding": "base64", "description": "the packed header of the record"},
        "key": {"type": "string", "contentEncoding": "base64", "description": "the record's key: the stream's key"},
        "document": {"type": "string", "contentEncoding": "base64", "description": "the event, CloudEvents 1.0 JSON"},
    },
}
ANSWERS = {200: {"description": "One event a line, by sequence", "content": {MEDIA_TYPE: {"schema": EVENT_LINE}}}}


class EventLine(msgspec.Struct):
    """One event on the wire; msgspec writes bytes as base64."""

    placement: bytes
    key: bytes
    document: bytes


@router.get("/log/{partition}/events", permission="log.read", response_class=Response, responses=ANSWERS)
async def events(partition: Annotated[int, Path(ge=0, le=999)], read: Read,
                 after: Annotated[int, Query(ge=0, lt=2**63, description="the last sequence that the caller has")] = 0,
                 limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 500) -> Response:  # fmt: skip
    """Events of this service's log that Kafka has acknowledged, in order; fewer than asked for beyond 8 MiB."""
    runtime = read.runtime
    if runtime.pool is None:
        raise Problem("temporarily-unavailable", "The database is not connected.")
    if partition >= runtime.settings.partitions:
        raise Problem("not-found", f"This log has {runtime.settings.partitions} partitions, counted from 0.")
    rows = await acknowledged(runtime.pool, partition, after, limit)
    return Response(b"".join(_lines(rows)), media_type=MEDIA_TYPE)


class CutAt(BaseModel):
    """What a log had recorded at a moment: the last sequence of each partition, for good."""

    at: AwareDatetime
    cut: dict[str, dict[str, int]]


@router.get("/log/cut", permission="log.read", answers=CutAt)
async def cut(
    at: Annotated[AwareDatetime, Query(description="a moment that is past, with its time zone")], read: Read
) -> CutAt:
    """The cut of this service's log at a moment: whenever it is asked, the same."""
    return CutAt(at=at, cut=cut_to_json(await own_cut_at(read.runtime, at)))


async def acknowledged(pool: Pool, partition: int, after: int, limit: int) -> list[reading.LogRow]:
    """At most `limit` events of a partition behind a sequence, none of them beyond the publisher's mark."""
    mark: int = await pool.fetchval(MARK, partition)
    return await reading.slice_of(pool, partition, after, min(limit, mark - after)) if mark > after else []


def _lines(rows: list[reading.LogRow]) -> Iterator[bytes]:
    size = 0
    for row in rows:
        key = key_of(row.stream).encode()
        line = encode(EventLine(pack(row.placement), key, row.document)) + b"\n"
        size += len(line)
        if size > MOST_BYTES:
            return
        yield line
