"""What the log adds to a document, as one packed binary header of its Kafka record (architecture.md 2)."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from events.unreadable import Undecodable

HEADER = "placement"
EPOCH = "epoch"
"""A second header: the lineage under which a record was sent, where that is higher than its event's own.

Alone, on a record without placement, key or value, it is a *fence*: what is sent under a lower lineage and lands behind
it is late and belongs to no history.
"""
LAYOUT = 1
PARTITIONS = 12
# layout, partition, sequence, lineage, version, n, m, recorded_at, previous, command, request hash; then the stream
_FIXED = struct.Struct(">BHQIQHHq16s16s32s")
_LINEAGE = struct.Struct(">I")
_NONE = bytes(16)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Placement(NamedTuple):
    """Where the log put an event: `previous` is the id of the event before it in the partition, None at sequence 1.

    `version` is the stream's, 0 in a stream of facts; the event is the `n`-th of the command's `m` (from 1);
    `request_hash` has 32 bytes; `recorded_at` is in microseconds since 1970 UTC (`moment` is the same as a datetime).
    """

    partition: int
    sequence: int
    previous: UUID | None
    lineage: int
    stream: str
    version: int
    command: UUID
    request_hash: bytes
    n: int
    m: int
    recorded_at: int

    @property
    def moment(self) -> datetime:
        """`recorded_at` as an aware datetime, UTC."""
        return _EPOCH + timedelta(microseconds=self.recorded_at)


def microseconds(moment: datetime) -> int:
    """An aware datetime as microseconds since 1970 UTC, exact."""
    return (moment - _EPOCH) // _MICROSECOND


def pack(placement: Placement) -> bytes:
    """The header's bytes: 99 of fixed fields, big-endian, then the stream in UTF-8.

    Raises ValueError if the request hash is not 32 bytes or a number does not fit its field.
    """
    if len(placement.request_hash) != 32:
        raise ValueError(f"a request hash has 32 bytes, not {len(placement.request_hash)}")
    try:
        fixed = _FIXED.pack(
            LAYOUT,
            placement.partition,
            placement.sequence,
            placement.lineage,
            placement.version,
            placement.n,
            placement.m,
            placement.recorded_at,
            placement.previous.bytes if placement.previous else _NONE,
            placement.command.bytes,
            placement.request_hash,
        )
    except struct.error as error:
        raise ValueError(f"placement {placement}: {error}") from error
    return fixed + placement.stream.encode()


def unpack(header: bytes) -> Placement:
    """The placement in a header; raises Undecodable where it is none of ours."""
    stream = _stream(header)
    _, partition, sequence, lineage, version, n, m, recorded_at, previous, command, request_hash = _FIXED.unpack_from(
        header
    )
    return Placement(
        partition,
        sequence,
        UUID(bytes=previous) if previous != _NONE else None,
        lineage,
        stream,
        version,
        UUID(bytes=command),
        request_hash,
        n,
        m,
        recorded_at,
    )


def _stream(header: bytes) -> str:
    if len(header) <= _FIXED.size or header[0] != LAYOUT:
        raise Undecodable(f"a placement of layout {LAYOUT} has more than {_FIXED.size} bytes; this has {len(header)}")
    try:
        return header[_FIXED.size :].decode()
    except UnicodeDecodeError as error:
        raise Undecodable(f"the stream's name in a placement: {error}") from error


def pack_epoch(lineage: int) -> bytes:
    """The bytes of the header `epoch`: 4, big-endian."""
    return _LINEAGE.pack(lineage)


def epoch_of(headers: Sequence[tuple[str, bytes]]) -> int | None:
    """The lineage in a record's header `epoch`, None where it has none; raises Undecodable."""
    for name, value in headers:
        if name == EPOCH:
            try:
                return int(_LINEAGE.unpack(value)[0])
            except (struct.error, TypeError) as error:
                raise Undecodable(f"the header {EPOCH}: {error}") from error
    return None


def is_fence(headers: Sequence[tuple[str, bytes]]) -> bool:
    """Whether a record is a fence: its only header says an epoch."""
    return len(headers) == 1 and headers[0][0] == EPOCH


class Located(NamedTuple):
    """The part of a placement that every consumer needs of every record; `previous` as 16 bytes, None at sequence 1."""

    partition: int
    sequence: int
    lineage: int
    recorded_at: int
    previous: bytes | None
    stream: str


def locate(header: bytes) -> Located:
    """What a bulk reader needs of a header, without building ids: six times as fast as `unpack`."""
    stream = _stream(header)
    _, partition, sequence, lineage, _, _, _, recorded_at, previous, _, _ = _FIXED.unpack_from(header)
    return Located(partition, sequence, lineage, recorded_at, previous if previous != _NONE else None, stream)


def key_of(stream: str) -> str:
    """The key of a stream, which decides its partition: `<key>/<category>` → `<key>`."""
    return stream.partition("/")[0]


def category_of(stream: str) -> str:
    """The category of a stream: `<key>/<category>` or `<key>/<category>/<id>` → `<category>`."""
    return stream.split("/", 2)[1]


@lru_cache(maxsize=65_536)
def partition_of(key: str, partitions: int = PARTITIONS) -> int:
    """The partition of a key, as Kafka's default partitioner picks it."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Kafka's 32-bit murmur2, signed as in Java (org.apache.kafka.common.utils.Utils.murmur2)."""
    mask, magic = 0xFFFFFFFF, 0x5BD1E995
    whole = len(data) & ~3
    hashed = 0x9747B28C ^ len(data)
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        word = (word * magic) & mask
        word = ((word ^ (word >> 24)) * magic) & mask
        hashed = ((hashed * magic) & mask) ^ word
    if rest := data[whole:]:
        hashed = ((hashed ^ int.from_bytes(rest, "little")) * magic) & mask
    hashed = ((hashed ^ (hashed >> 13)) * magic) & mask
    hashed ^= hashed >> 15
    return hashed - (1 << 32) if hashed & 0x80000000 else hashed
