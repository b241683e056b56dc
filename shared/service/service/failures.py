"""Every exception that can leave a handler becomes a problem document; none lets a stack trace out."""

from __future__ import annotations

from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from eventlog import refusals
from eventlog.refusals import ClaimTaken, CommandReused, CommandTooLarge, Contended, LogClosed, LogRefused, StaleVersion
from eventlog.waiting import NotVisible, StreamParked, Superseded
from events.decider import Refused
from events.unreadable import Unreadable
from service.problems import Problem, response
from service.telemetry import trace_id

log = structlog.get_logger("http")
UNREACHABLE = (
    asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.CannotConnectNowError, asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError,
    asyncpg.exceptions.InvalidCachedStatementError, asyncpg.InternalClientError, ConnectionError, OSError,
)  # fmt: skip
ANSWERED: tuple[type[Exception], ...] = (
    Problem, Refused, RequestValidationError, HTTPException, LogRefused, Unreadable, asyncpg.PostgresError,
    TimeoutError, StreamParked, Superseded, *UNREACHABLE,
)  # fmt: skip
BY_STATUS = {
    400: "malformed-json",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "wrong-media-type",
}


def problem_of(error: Exception) -> Problem:
    """The problem that an exception stands for; what is not known is `internal`, logged with its trace."""
    match error:
        case Problem():
            return error
        case Refused():
            extras = error.extras | ({"retryable": True} if error.retryable else {})
            return Problem(error.code, error.detail, **extras)
        case StaleVersion():
            return Problem("stale-version", str(error) or None, current=error.actual)
        case CommandReused():
            return Problem("idempotency-key-reused")
        case ClaimTaken():
            return Problem("claim-taken", str(error) or None)
        case LogClosed():
            return Problem("log-closed")
        case Contended():
            return Problem("temporarily-unavailable", "Others wrote the same stream meanwhile.")
        case CommandTooLarge():
            return Problem("too-large", str(error))
        case Unreadable() | refusals.Unreadable():
            return Problem("unreadable")
        case RequestValidationError():
            return invalid(list(error.errors()))
        case HTTPException(__cause__=Problem() as cause):
            return cause  # FastAPI wraps whatever stops it from reading a body
        case HTTPException():
            code = BY_STATUS.get(error.status_code, "invalid" if error.status_code < 500 else "internal")
            return Problem(code, headers=error.headers or {})
        case NotVisible():
            lag = {str(position): events for position, events in error.lag.items()}
            return Problem("not-yet-visible", str(error), lag_events=max(lag.values()), lag=lag)
        case StreamParked():
            return Problem("stream-parked", source=error.source, stream=error.stream)
        case Superseded():
            return Problem("position-superseded", str(error))
        case asyncpg.CharacterNotInRepertoireError():
            return Problem("invalid", "A text holds a character that cannot be stored (U+0000).")
        case asyncpg.DataError() | asyncpg.exceptions._base.DataError():
            log.warning("a value that no table holds reached a query", error=type(error).__name__)
            return Problem("invalid", "A value is outside what can be stored or asked for: correct it.")
        case asyncpg.QueryCanceledError() | TimeoutError():
            return Problem("timed-out")
        case _ if isinstance(error, UNREACHABLE):
            log.warning("dependency unreachable", error=repr(error))
            return Problem("temporarily-unavailable")
    log.error("unexpected", exc_info=error)
    return Problem("internal")


def invalid(errors: list[Any]) -> Problem:
    """The problem of input that does not validate: a pointer into the body for each field, never the value itself."""
    if errors and errors[0]["type"] == "json_invalid":
        return Problem("malformed-json")
    return Problem(
        "invalid", f"{len(errors)} field(s) cannot be accepted.", errors=[field_error(e) for e in errors[:50]]
    )


def field_error(error: ErrorDetails | dict[str, Any]) -> dict[str, str]:
    """One field's error: `pointer` for a body, `in` and `name` for a parameter."""
    place, *path = error["loc"] or ("body",)
    said = {"code": error["type"], "detail": error["msg"]}
    if place == "body":
        return {"pointer": "#" + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)} | said
    return {"in": str(place), "name": ".".join(map(str, path))} | said


def answer(request: Request, error: Exception) -> Response:
    """The answer that an exception becomes."""
    problem, runtime = problem_of(error), request.app.state.runtime
    if problem.code == "method-not-allowed":
        problem.headers["Allow"] = ", ".join(sorted(allowed(request)))
    runtime.metrics.refused.labels(problem.code).inc()
    return response(problem, instance=request.url.path, trace=trace_id(), declared=runtime.problems)


def allowed(request: Request) -> set[str]:
    """The methods that some route answers at this path; each declared route has one."""
    matching = (route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE)
    return {method for route in matching for method in getattr(route, "methods", None) or ()}


def install(app: FastAPI) -> None:
    """Answer every exception of an application this way."""

    async def handle(request: Request, error: Exception) -> Response:
        return answer(request, error)

    for kind in ANSWERED:
        app.add_exception_handler(kind, handle)
