"""What a write carries besides its content, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID

from eventlog.position import Position
from events import Cause, Event, Imported


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Who wants what, when, because of what.

    `command_id` and `request_hash` (32 bytes) recognise a repeat; `business_date` is in the installation's time zone;
    `event_ids` where they derive from the cause (reactions, runs), else they are time-ordered.
    """

    actor: str
    business_date: date
    command_id: UUID
    request_hash: bytes
    correlation: str
    traceparent: str | None = None
    cause: Cause | None = None
    imported: Imported | None = None
    event_ids: tuple[UUID, ...] | None = None


class Written(NamedTuple):
    """The answer to a command: its events, the state after them, and where they are.

    `position` is None where the command had nothing to write and its stream is empty.
    """

    stream: str
    version: int
    position: Position | None
    events: list[Event]
    repeated: bool
    state: Any


class Fact(NamedTuple):
    """One row of a call of facts: a whole command of one event, already encoded.

    `event_id` is a UUIDv8 only where it derives from the request that records the fact: one key, one fact. Rows of the
    same `unit`, all under one key and judged against each other before, are written together or not at all. One that
    was decided by what its stream held up to the sequence `seen` is not written if more is there.
    """

    stream: str
    command: UUID
    request_hash: bytes
    event_id: UUID
    document: bytes
    claim: str | None = None
    unit: int | None = None
    seen: int | None = None


class Known(NamedTuple):
    """A fact as the log holds it: its ids, where it is, and what tells a repeat from another content."""

    command: UUID
    event: UUID
    position: Position
    request_hash: bytes
    stream: str


class Verdict(NamedTuple):
    """What became of one fact; `position` is that of the event that counts (of the first one, for a duplicate).

    `refused`: another row of its unit is a conflict; `moved`: its stream has more than it was decided by.
    """

    kind: Literal["accepted", "duplicate", "conflict", "claimed", "refused", "moved"]
    position: Position | None


class Appended(NamedTuple):
    """One verdict of `log.append`."""

    verdict: Literal["appended", "repeated", "stale", "claimed"]
    first: int | None
    version: int | None
    lineage: int
    detail: str | None


class Pending(NamedTuple):
    """A decided command on its way to `log.append`."""

    stream: str
    expected: int
    command: UUID
    request_hash: bytes
    ids: tuple[UUID, ...]
    documents: tuple[bytes, ...]
    takes: tuple[str, ...]
    releases: tuple[str, ...]
    fold: bytes
    state: bytes
