"""Traces through a batch: its span links to the spans that wrote its events, for a batch has no one parent."""

import re
from collections.abc import Iterable
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext, TraceFlags

MAX_LINKS = 32
MEMBER = b'"traceparent":"'
DATA = b'"data":'
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def links_of(records: Iterable[Any]) -> list[Link]:
    """Links to the first 32 distinct traces that a batch's documents name in their extension `traceparent`.

    Looks only while spans are being recorded, and only before `data`.
    """
    if isinstance(trace.get_tracer_provider(), trace.NoOpTracerProvider | trace.ProxyTracerProvider):
        return []
    found: dict[str, Link] = {}
    for record in records:
        text = traceparent_of(record.value)
        if text and text not in found and (context := context_of(text)):
            found[text] = Link(context)
            if len(found) == MAX_LINKS:
                break
    return list(found.values())


def traceparent_of(document: bytes) -> str | None:
    """The document's traceparent, found without decoding it."""
    at = document.find(MEMBER, 0, document.find(DATA))
    return document[at + len(MEMBER) : at + len(MEMBER) + 55].decode("ascii", "replace") if at > 0 else None


def context_of(traceparent: str) -> SpanContext | None:
    """The span context that a W3C traceparent names; None if it is none."""
    match = TRACEPARENT.fullmatch(traceparent)
    if match is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in match.groups())
    context = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return context if context.is_valid else None
