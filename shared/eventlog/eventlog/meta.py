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
    """One row of a call of facts: a whole command of one event, already encoded."""

    stream: str
    command: UUID
    request_hash: bytes
    event_id: UUID
    document: bytes
    claim: str | None = None


class Verdict(NamedTuple):
    """What became of one fact; `position` is that of the event that counts (of the first one, for a duplicate)."""

    kind: Literal["accepted", "duplicate", "conflict", "claimed"]
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
