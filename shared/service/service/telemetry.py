"""Traces from a request through Kafka to the consumer's write; exported only where an OTLP endpoint is set.

An event carries the `traceparent` of the request that wrote it (`current_traceparent`); the consumer of a batch links
its span to those of the batch's events (`eventlog.tracing`). Keys on spans are dealer ids, never personal data.
"""

from __future__ import annotations

from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from opentelemetry.trace import SpanContext, TraceFlags

UNTRACED = "health/.*,metrics"


class Telemetry:
    """The tracer of one service; several services in one process, as in tests, each have their own.

    Parameters
    ----------
    endpoint: base address of an OTLP/HTTP collector; None exports nothing and records nothing, ids still travel.
    exporter: for tests, in place of the OTLP one; spans then arrive as they end.
    """

    def __init__(self, name: str, *, endpoint: str | None = None, exporter: SpanExporter | None = None) -> None:
        self.exports = bool(endpoint or exporter)
        self.provider = TracerProvider(
            resource=Resource.create({"service.name": name}), sampler=DEFAULT_ON if self.exports else ALWAYS_OFF
        )
        if exporter is not None:
            from opentelemetry.sdk.trace.export import SimpleSpanProcessor

            self.provider.add_span_processor(SimpleSpanProcessor(exporter))
        elif endpoint:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            target = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces")
            self.provider.add_span_processor(BatchSpanProcessor(target))
        self.tracer = self.provider.get_tracer("dealerlog")

    def install(self) -> None:
        """Make this the process's tracer, which `eventlog` uses too. Once a process."""
        trace.set_tracer_provider(self.provider)

    def instrument(self, app: FastAPI) -> None:
        """Trace the requests of an application and what they ask the database; nothing where nothing is exported."""
        if not self.exports:
            return
        from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor

        FastAPIInstrumentor.instrument_app(
            app, tracer_provider=self.provider, excluded_urls=UNTRACED, exclude_spans=["receive", "send"]
        )
        asyncpg = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]
        if not asyncpg.is_instrumented_by_opentelemetry:
            asyncpg.instrument(tracer_provider=self.provider)

    def close(self) -> None:
        """Send what is still held, and trace the database no longer."""
        from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor

        asyncpg = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]
        if self.exports and asyncpg.is_instrumented_by_opentelemetry:
            asyncpg.uninstrument()
        self.provider.shutdown()


def current_traceparent() -> str | None:
    """The W3C traceparent of the running span, to be put into an event."""
    return traceparent_of(trace.get_current_span().get_span_context())


def traceparent_of(context: SpanContext) -> str | None:
    """The W3C form of a span's identity."""
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def parse_traceparent(text: str | None) -> SpanContext | None:
    """The identity that a traceparent names; None for what is not one, which never stops an event."""
    parts = (text or "").split("-")
    if len(parts) < 4 or [len(part) for part in parts[:4]] != [2, 32, 16, 2] or parts[0] == "ff":
        return None
    try:
        context = SpanContext(
            int(parts[1], 16), int(parts[2], 16), is_remote=True, trace_flags=TraceFlags(int(parts[3], 16))
        )
    except ValueError:
        return None
    return context if context.is_valid else None


def trace_id() -> str:
    """The running trace's id, 32 hexadecimal digits."""
    return f"{trace.get_current_span().get_span_context().trace_id:032x}"
