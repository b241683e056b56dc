"""An event that is a fact (invoice, payment, sale, visit) → what `Log.record` takes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from eventlog.meta import Fact
from events.catalogue import Event
from events.envelope import encode
from events.ids import command_id, request_hash, uuid7


def fact(event: Event, *, key: str, natural: tuple[str, ...], actor: str, business_date: date, correlation: str,
         traceparent: str | None = None, imported: Any = None) -> Fact:  # fmt: skip
    """The fact of an event under a key (a dealer's id).

    `natural` is what makes it one and the same document wherever it comes from: (source system, kind, number); a repeat
    with equal content is a duplicate, with other content a conflict.
    """
    kind = event.event_type
    identity = uuid7()
    document = encode(
        event, id=identity, subject=key, time=datetime.now(UTC), actor=actor, business_date=business_date,
        correlation=correlation, traceparent=traceparent, imported=imported,
    )  # fmt: skip
    return Fact(f"{key}/{kind.stream}", command_id(kind.owner, *natural), request_hash(event), identity, document)
