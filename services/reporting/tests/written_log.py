"""A service's log, made in memory as its topic would hold it."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from events.catalogue import Event
from events.envelope import encode
from events.placement import HEADER, Placement, pack, partition_of

PARTITIONS = 12
FIRST_MOMENT = 1_767_312_000_000_000


@dataclass(slots=True)
class Kept:
    """A record to be sent."""

    partition: int
    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]


@dataclass
class Log:
    """One service's log: `add` numbers an event as the log would."""

    source: str
    records: dict[int, list[Kept]] = field(default_factory=dict)
    last: dict[int, uuid.UUID] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    ids: random.Random = field(default_factory=lambda: random.Random(11))

    def add(self, event: Event, key: str, *, on: date = date(2026, 1, 2), actor: str = "li.wei") -> tuple[str, str]:
        """Append; answers (service/partition/sequence, event id)."""
        stream = f"{key}/{event.event_type.stream}"
        identity = uuid.UUID(int=self.ids.getrandbits(128), version=4)
        document = encode(
            event,
            id=identity,
            subject=key,
            time=datetime(2026, 1, 2, tzinfo=UTC),
            actor=actor,
            business_date=on,
            correlation=str(identity),
        )
        partition = partition_of(key, PARTITIONS)
        kept = self.records.setdefault(partition, [])
        self.versions[stream] = self.versions.get(stream, 0) + 1
        placement = Placement(
            partition,
            len(kept) + 1,
            self.last.get(partition),
            1,
            stream,
            self.versions[stream],
            identity,
            bytes(32),
            1,
            1,
            FIRST_MOMENT + len(kept) * 1000,
        )
        self.last[partition] = identity
        kept.append(Kept(partition, key.encode(), document, [(HEADER, pack(placement))]))
        return f"{self.source}/{partition}/{len(kept)}", str(identity)

    @property
    def cut(self) -> dict[int, int]:
        """The last sequence of each partition."""
        return {partition: len(kept) for partition, kept in self.records.items()}

    def cut_at(self, moment: datetime) -> dict[int, int]:
        """The same of what was recorded at or before a moment: an event a millisecond in each partition."""
        past = (moment - datetime.fromtimestamp(FIRST_MOMENT / 1_000_000, UTC)) // timedelta(milliseconds=1) + 1
        return {partition: max(0, min(last, past)) for partition, last in self.cut.items()}
