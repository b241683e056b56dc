"""An event that is a fact (invoice, payment, sale, visit) → what `Log.record` takes, and its verdict → a row's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal

from eventlog.log import Log
from eventlog.meta import Fact, Verdict
from events.catalogue import Event
from events.envelope import Imported, encode
from events.ids import command_id, request_hash, uuid7
from service.bulk import RowVerdict, reject
from service.problems import kind_of

REJECTED = {"conflict": "document-conflict", "claimed": "claim-taken"}
"""What the log's refusals of a fact are called outside."""


def fact(event: Event, *, key: str, natural: tuple[str, ...], actor: str, business_date: date, correlation: str,
         traceparent: str | None = None, imported: Imported | None = None,
         claim: str | None = None) -> Fact:  # fmt: skip
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
    return Fact(
        f"{key}/{kind.stream}", command_id(kind.owner, *natural), request_hash(event), identity, document, claim
    )


async def record_rows(log: Log, rows: Sequence[tuple[int, Fact]]) -> list[RowVerdict]:
    """Record the facts of numbered rows and tell each row its verdict, in the order given."""
    verdicts = await log.record([one for _, one in rows])
    return [row_verdict(row, verdict) for (row, _), verdict in zip(rows, verdicts, strict=True)]


def row_verdict(row: int, verdict: Verdict) -> RowVerdict:
    """A row's verdict from its fact's."""
    if code := REJECTED.get(verdict.kind):
        return reject(row, code, kind_of(code).title + ".")
    kind: Literal["accepted", "duplicate"] = "accepted" if verdict.kind == "accepted" else "duplicate"
    return RowVerdict(row=row, verdict=kind, position=str(verdict.position))
