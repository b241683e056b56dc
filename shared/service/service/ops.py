"""Routes that every service has: health, metrics, the API's page, positions and parked streams (see `standing`)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import structlog
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, Response

from eventlog import parking
from service import docs
from service.context import Read, Write
from service.problems import Problem
from service.routing import Router
from service.standing import ParkedView

log = structlog.get_logger("ops")
public = Router("health")
router = Router("operations", prefix="/ops")

PREFIX = re.compile(r"(/[a-z0-9-]{1,40}){1,4}")
POSITIONS = """
select reader, source, partition, sequence, recorded_at, moved_at from projection.position
order by reader, source, partition
"""


class PositionView(BaseModel):
    """How far one reader has come in one partition."""

    reader: str
    source: str
    partition: int
    sequence: int
    recorded_at: datetime | None
    moved_at: datetime


class Replay(BaseModel):
    """Which parked stream to replay."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(max_length=100, examples=["credit-rating"])
    stream: str = Field(max_length=200, examples=["0190a6c2-0000-7000-8000-000000000001/ledger"])


class ReplayedView(BaseModel):
    """What a replay came to: events applied (a reaction does not count), and why it stopped (None: drained)."""

    applied: int | None = None
    reason: str | None


@public.get("/health/live", public=True)
async def live(request: Request) -> Response:
    """Whether every loop of this process makes progress."""
    alive, said = request.app.state.runtime.health.live()
    return JSONResponse({"status": "ok" if alive else "failing", "loops": said}, status_code=200 if alive else 503)


@public.get("/health/ready", public=True)
async def ready(request: Request) -> Response:
    """Whether what this process depends on answers in time, and what an operator should look at."""
    health = request.app.state.runtime.health
    is_ready, said = await health.ready()
    return JSONResponse(
        {"status": "ok" if is_ready else "failing", "checks": said, "notices": health.noticed()},
        status_code=200 if is_ready else 503,
    )


@public.get("/metrics", public=True, gives=("text/plain",))
async def metrics(request: Request) -> Response:
    """Figures for Prometheus; they name no dealer."""
    text = await request.app.state.runtime.metrics.exposition()
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


@public.get("/openapi.json", public=True, include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The API as OpenAPI 3.1; behind a proxy that takes a prefix off, the server is that prefix."""
    prefix = request.headers.get("x-forwarded-prefix", "")
    servers = {"servers": [{"url": prefix}]} if PREFIX.fullmatch(prefix) else {}
    return JSONResponse(request.app.openapi() | servers)


@public.get("/docs", public=True, include_in_schema=False)
async def docs_page(request: Request) -> Response:
    """The API as a page."""
    return HTMLResponse(docs.page(request.app.openapi()))


@router.get("/positions", permission="ops.read", answers=list[PositionView])
async def positions(read: Read) -> list[dict[str, Any]]:
    """How far each reader of the logs has come."""
    async with _pool(read.runtime).acquire() as conn:
        return [dict(row) for row in await conn.fetch(POSITIONS)]


@router.get("/parked", permission="ops.read", answers=list[ParkedView])
async def parked(read: Read) -> list[dict[str, Any]]:
    """Streams that wait for the operator, oldest first."""
    async with _pool(read.runtime).acquire() as conn:
        return [stream._asdict() for stream in await parking.parked_streams(conn)]


@router.post("/parked/replay", permission="ops.replay", status=200, answers=dict[str, ReplayedView])
async def replay(body: Replay, write: Write) -> dict[str, Any]:
    """Replay a parked stream after a fix; a stream that is not parked is left as it is."""
    runtime = write.runtime
    if runtime.projector is None:
        raise Problem("temporarily-unavailable", "The read model is not open.")
    log.warning("replay", login=write.caller.login, source=body.source, stream=body.stream)
    async with _pool(runtime).acquire() as conn:
        held = {each.reader for each in await parking.parked_streams(conn) if each.stream == body.stream}
    done = await runtime.projector.replay((body.source, body.stream))
    said = {reader: replayed._asdict() for reader, replayed in done.items()}
    for reactor in runtime.reactors:
        if reactor.reader in held:
            said[reactor.reader] = {"reason": await reactor.replay((body.source, body.stream))}
    return said


def _pool(runtime: Any) -> Any:
    if runtime.pool is None:
        raise Problem("temporarily-unavailable", "The database is not connected.")
    return runtime.pool
