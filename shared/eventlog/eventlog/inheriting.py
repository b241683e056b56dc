"""What a reaction's command inherits from its cause: the correlation, the trace, its own derived ids."""

from datetime import date

import msgspec

from eventlog.act import Act
from eventlog.arrived import Arrived
from eventlog.meta import Meta
from events import Cause, command_id, event_id, request_hash


class _Context(msgspec.Struct):
    id: str
    correlationid: str
    traceparent: str | None = None


_context = msgspec.json.Decoder(_Context).decode


def meta_of(reaction: str, event: Arrived, answer: Act, business_date: date) -> Meta:
    """The meta of the command that a reaction answers an event with; equal causes give equal ids."""
    context = _context(event.document)
    return Meta(
        actor=f"reaction:{reaction}",
        business_date=business_date,
        command_id=command_id("reaction", reaction, context.id),
        request_hash=request_hash({"reaction": reaction, "cause": context.id}),
        correlation=context.correlationid,
        traceparent=context.traceparent,
        cause=Cause(event.source, event.partition, event.sequence),
        event_ids=tuple(event_id(context.id, reaction, n) for n in range(1, answer.events + 1)),
    )
