"""The recorded logs: `every_type.jsonl.gz` and `decisions.jsonl.gz`, a record a line, as a topic would hand it over."""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from eventlog.histories import Kept
from eventlog.topics import topic_of
from events import Placement
from events.placement import HEADER, key_of, unpack

HERE = Path(__file__).parent
DIGEST = HERE / "digest.txt"
LOGS = ("every_type", "decisions")


class Golden(NamedTuple):
    """One event of a log: where its owner put it, and its bytes."""

    source: str
    placement: Placement
    header: bytes
    document: bytes

    @property
    def kept(self) -> Kept:
        """The record of its topic."""
        at = self.placement
        key = key_of(at.stream).encode()
        return Kept(topic_of(self.source), at.partition, at.sequence - 1, key, self.document, ((HEADER, self.header),))


def read(name: str) -> list[Golden]:
    """A recorded log of all services: by source, partition and sequence."""
    with gzip.open(HERE / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        found = []
        for source, header, document in map(json.loads, lines):
            placement = b64decode(header)
            found.append(Golden(source, unpack(placement), placement, document.encode()))
    return found


def write(name: str, records: Iterable[tuple[str, bytes, bytes]]) -> None:
    """Record a log anew: (source, packed placement, document)."""
    ordered = sorted(records, key=lambda each: (each[0], unpack(each[1])[:2]))
    lines = "".join(
        json.dumps([source, b64encode(header).decode(), document.decode()], ensure_ascii=False) + "\n"
        for source, header, document in ordered
    )
    (HERE / f"{name}.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))


def partitions_of(records: Sequence[Golden]) -> int:
    """How many partitions a recorded log has."""
    return 1 + max(each.placement.partition for each in records)
