"""A Kafka record, read as far as its place in the log: nothing of the document but its id is looked at."""

import struct
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec

from events import Undecodable
from events.placement import HEADER, LAYOUT, epoch_of, is_fence

PLACE = struct.Struct(">BHQIQHHq16s")
"""layout, partition, sequence, lineage, version, n, m, recorded_at, previous: the head of `events.placement`'s form.

Read here without the UUID objects that `unpack` makes, which would cost a rebuild a tenth of its rate.
"""
STREAM_AT = PLACE.size + 16 + 32
NONE = bytes(16)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HEAD = b'{"specversion":"1.0","id":"'
ID_FROM, ID_TO = len(HEAD), len(HEAD) + 36


class Record(Protocol):
    """What is used of an aiokafka ConsumerRecord."""

    topic: str
    partition: int
    offset: int
    key: Any
    value: Any
    headers: Any


class Unplaced(ValueError):
    """The record carries no placement of ours or its document no id: it cannot be told where it belongs."""


class Arrived(NamedTuple):
    """One record: where the log put it, and its bytes. Ids have 16 bytes; `recorded_at` is in microseconds UTC.

    `epoch`: the lineage under which it was sent, of a record of a topic.
    """

    source: str
    partition: int
    sequence: int
    lineage: int
    previous: bytes | None
    event: bytes
    recorded_at: int
    stream: str
    offset: int
    key: bytes
    document: bytes
    placement: bytes
    epoch: int = 0

    @property
    def tail(self) -> tuple[datetime, str]:
        """The last two columns of a facts row: recorded at, event id."""
        return moment_of(self.recorded_at), id_text(self.document)


def moment_of(microseconds: int) -> datetime:
    """Microseconds since 1970 as an aware datetime, UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def id_text(document: bytes) -> str:
    """The document's id: its second member, at a fixed place; looked up in the slow way if another wrote it."""
    if document.startswith(HEAD):
        return document[ID_FROM:ID_TO].decode("ascii", "replace")
    return _slow_id(document).id


class _Id(msgspec.Struct):
    id: str


_decode_id = msgspec.json.Decoder(_Id).decode


def _slow_id(document: bytes) -> _Id:
    try:
        return _decode_id(document)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unplaced(f"the document has no id: {error}") from error


def placement_of(headers: Any) -> bytes:
    """The packed placement among a record's headers."""
    for name, value in headers:
        if name == HEADER:
            if len(value) <= STREAM_AT or value[0] != LAYOUT:
                break
            return bytes(value)
    raise Unplaced("the record has no placement header that this code reads")


def fence_of(record: Record) -> int | None:
    """The lineage of a fence, None if the record is none; raises `Unplaced`."""
    return _epoch_of(record) if is_fence(record.headers) else None


def _epoch_of(record: Record) -> int | None:
    try:
        return epoch_of(record.headers)
    except Undecodable as error:
        raise Unplaced(str(error)) from error


def arrival(record: Record, source: str) -> Arrived:
    """Read a record of a source's topic; raises `Unplaced`."""
    placement = placement_of(record.headers)
    _, partition, sequence, lineage, _, _, _, recorded_at, previous = PLACE.unpack_from(placement)
    if partition != record.partition:
        raise Unplaced(f"placed in partition {partition}, found in {record.partition}")
    try:
        event = bytes.fromhex(id_text(record.value).replace("-", ""))
    except ValueError as error:
        raise Unplaced(f"the document's id is no UUID: {error}") from error
    return Arrived(
        source,
        partition,
        sequence,
        lineage,
        None if previous == NONE else previous,
        event,
        recorded_at,
        placement[STREAM_AT:].decode(),
        record.offset,
        bytes(record.key or b""),
        record.value,
        placement,
        lineage if len(record.headers) == 1 else _epoch_of(record) or lineage,
    )
