"""What a handler is given: `Read` to look, `Write` to change. Both know the caller, today, and the service.

    async def place_order(dealer: UUID, body: PlaceOrder, write: Write) -> Response:
        async with write.snapshot() as conn:
            await require_dealer_in_scope(conn, dealer)
        written = await write.handle(ORDERS, str(dealer), Place(**body.model_dump(), today=write.today))
        return write.answer(written, OrderView.of(written.state))

The body of an answer comes from `written.state`, never from a projection: a repeat must get the same answer.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import Depends, Request, Response
from pydantic import BaseModel
from starlette.responses import Response as RawResponse

from eventlog.meta import Fact, Meta, Written
from eventlog.position import Cut, Position
from eventlog.shown import shown_version
from events.catalogue import Event
from events.ids import command_id, request_hash
from service.caller import Caller
from service.facts import REJECTED, fact
from service.presenting import IF_MATCH, KEY, correlation, expected_version, idempotency_key
from service.presenting import POSITION as POSITION
from service.problems import Problem
from service.runtime import Runtime
from service.telemetry import current_traceparent

CONTENT = (BaseModel, str, int, date, UUID, Decimal, list, tuple)


class ReadContext:
    """A read on behalf of a caller."""

    def __init__(self, request: Request, response: Response) -> None:
        self.request, self.response = request, response
        self.runtime: Runtime = request.app.state.runtime
        self.session = request.state.session
        self.caller: Caller = self.session.caller

    @property
    def today(self) -> date:
        """The business date."""
        return self.runtime.settings.today()

    def snapshot(self) -> AbstractAsyncContextManager[Any]:
        """One moment of the read model, within the caller's scope."""
        return self.runtime.reader.snapshot(self.caller)

    def etag(self, version: int) -> None:
        """Say which version of an edited thing this answer shows; the caller sends it back as If-Match."""
        self.response.headers["ETag"] = f'"{version}"'

    async def shows(self, conn: Any, decider: Any, key: str, cut: Cut | None = None) -> int:
        """Say as ETag which version of a stream the snapshot `conn` shows, within a cut if one is given; answers it.

        Never the log's last one: who writes over what was shown is refused if anything came since.
        """
        log, stream = self.runtime.log, decider.stream(key)
        partition = log.partition_of(stream)
        within = None if cut is None else cut.get(log.name, {}).get(partition, 0)
        version = await shown_version(
            conn, log.pool, source=log.name, partition=partition, stream=stream, within=within
        )
        self.etag(version)
        return version


class WriteContext(ReadContext):
    """A write on behalf of a caller: one command id a request, and the version it expects."""

    def __init__(self, request: Request, response: Response) -> None:
        super().__init__(request, response)
        declared = request.scope["route"].declared
        self.route = f"{declared.method} {declared.path}"
        self.key = idempotency_key(request.headers.get(KEY))
        self.expected = expected_version(request.headers.getlist(IF_MATCH), required=declared.edits)
        self.correlation = correlation(request)
        self.content: dict[str, Any] = {}

    def command(self, part: str = "") -> UUID:
        """The id of this request's command; a request that gives several names each by its part."""
        parts = (self.caller.login, self.route, self.key, *([part] if part else ()))
        return command_id(*parts)

    def meta(self, part: str = "") -> Meta:
        """What the log records beside the events: who, when, why, and which request."""
        return Meta(
            actor=self.caller.login,
            business_date=self.today,
            command_id=self.command(part),
            request_hash=request_hash(self.content),
            correlation=self.correlation,
            traceparent=current_traceparent(),
        )

    async def handle(self, decider: Any, key: str, command: Any, *, expected: int | None = None, part: str = "",
                     prepare: Callable[[Any], Awaitable[Any]] | None = None) -> Written:  # fmt: skip
        """Decide and append; the version is the one that If-Match named unless `expected` is given.

        `prepare(state)` completes a new command by what it reads elsewhere, before each decision (`Log.handle`).
        """
        wanted = self.expected if expected is None else expected
        written: Written = await self.runtime.log.handle(
            decider, key, command, self.meta(part), wanted, prepare=prepare
        )
        return written

    def fact(self, event: Event, *, key: str, natural: tuple[str, ...], claim: str | None = None) -> Fact:
        """The fact of an event under a key (a dealer's id); `natural` is (source system, kind, number)."""
        return fact(
            event,
            key=key,
            natural=natural,
            actor=self.caller.login,
            business_date=self.today,
            correlation=self.correlation,
            traceparent=current_traceparent(),
            claim=claim,
        )

    async def record(self, one: Fact) -> Position | None:
        """Record one fact; a known document gives its first position, one of other content is a 409."""
        (verdict,) = await self.runtime.log.record([one])
        if verdict.kind in REJECTED:
            raise Problem(REJECTED[verdict.kind])
        position: Position | None = verdict.position
        return position

    def answer(self, written: Written | Position | None, state: BaseModel, *, status: int | None = None,
               location: str | None = None) -> RawResponse:  # fmt: skip
        """The new state with its position, in the body and as a header; an edited stream's version as ETag."""
        headers: dict[str, str] = {}
        at = written.position if isinstance(written, Written) else written
        if isinstance(written, Written):
            headers["ETag"] = f'"{written.version}"'
        if at is not None:
            headers[POSITION] = str(at)
        position = f'"{at}"' if at is not None else "null"
        if location:
            headers["Location"] = location
        content = state.model_dump_json().encode()
        joined = content[:-1] + (b"," if len(content) > 2 else b"") + f'"position":{position}}}'.encode()
        declared = self.request.scope["route"].declared
        return RawResponse(
            joined, status_code=status or declared.status, media_type="application/json", headers=headers
        )


def bind(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Let a write know the content it was sent, so that its hash covers path, query and body, defaults removed."""

    @functools.wraps(endpoint)
    async def bound(**arguments: Any) -> Any:
        contexts = [value for value in arguments.values() if isinstance(value, WriteContext)]
        for context in contexts:
            context.content = {name: value for name, value in arguments.items() if isinstance(value, CONTENT)}
            structlog.contextvars.bind_contextvars(command=str(context.command()))
        return await endpoint(**arguments)

    return bound


def reading(request: Request, response: Response) -> ReadContext:
    """The read context of a request."""
    return ReadContext(request, response)


def writing(request: Request, response: Response) -> WriteContext:
    """The write context of a request; refuses one without Idempotency-Key or, on an edit, without If-Match."""
    return WriteContext(request, response)


Read = Annotated[ReadContext, Depends(reading)]
Write = Annotated[WriteContext, Depends(writing)]
