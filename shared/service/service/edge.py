"""The outermost layer of every request: its trace, its log context, its duration, and the answer of last resort."""

from __future__ import annotations

import time
from contextvars import Token

import structlog
from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.failures import answer
from service.telemetry import parse_traceparent

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"x-frame-options": b"DENY",
    b"content-security-policy": b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
}
new_ids = RandomIdGenerator()
log = structlog.get_logger("http")


class Edge:
    """Wraps an application; a request without a running span gets an identity that is not recorded anywhere."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        structlog.contextvars.clear_contextvars()
        token, started, status = self._enter(scope), time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                said = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *((k, v) for k, v in HEADERS.items() if k not in said)]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception as error:
            if status:
                raise  # the answer has begun: only closing the connection tells the truth
            await answer(Request(scope, receive), error)(scope, receive, sending)
        finally:
            self._leave(scope, status, time.perf_counter() - started)
            if token is not None:
                context.detach(token)

    def _enter(self, scope: Scope) -> Token[Context] | None:
        if trace.get_current_span().get_span_context().is_valid:
            return None
        given = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        known = parse_traceparent(given)
        span = SpanContext(
            known.trace_id if known else new_ids.generate_trace_id(), new_ids.generate_span_id(),
            is_remote=False, trace_flags=known.trace_flags if known else TraceFlags(0),
        )  # fmt: skip
        return context.attach(trace.set_span_in_context(NonRecordingSpan(span)))

    def _leave(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "-")
        if route.startswith(("/health", "/metrics")):
            return
        metrics = scope["app"].state.runtime.metrics
        metrics.requests.labels(scope["method"], route, status or 500).observe(seconds)
        if scope["method"] not in ("GET", "HEAD") or status >= 400:
            log.info(
                "request", method=scope["method"], route=route, status=status, milliseconds=round(seconds * 1000, 1)
            )
