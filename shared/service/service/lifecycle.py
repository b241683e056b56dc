"""How a process lives: its loops start by role, SIGTERM drains it, a loop that dies takes it down loudly.

Order on SIGTERM: not ready → no new connections → requests in flight finish → loops stop → pools close → exit 0.
A loop that ends by itself or raises turns liveness red and ends the process with status 1, so that it is restarted.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from service.health import Heart
from service.runtime import Runtime
from service.settings import Role, Settings

log = structlog.get_logger("lifecycle")
Run = Callable[[Heart, asyncio.Event], Awaitable[None]]
"""A loop: beats its heart each time round, returns soon after the event is set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One thing that a process does for ever, in one of its roles."""

    name: str
    role: Role
    run: Run
    stale_seconds: float = 30.0


def until_stopped(work: Callable[[], Coroutine[Any, Any, Any]], turned_at: Callable[[], float]) -> Run:
    """A loop of something that runs until it is cancelled; `turned_at` says when it last went round (monotonic)."""

    async def run(heart: Heart, stopping: asyncio.Event) -> None:
        task = asyncio.create_task(work())
        asked = asyncio.create_task(stopping.wait())
        try:
            while not asked.done() and not task.done():
                await asyncio.wait({task, asked}, timeout=1.0, return_when=asyncio.FIRST_COMPLETED)
                heart.at = max(heart.at, turned_at())
            if task.done():
                await task
        finally:
            for each in (task, asked):
                each.cancel()
            await asyncio.gather(task, asked, return_exceptions=True)

    return run


@asynccontextmanager
async def running(loops: Iterable[Loop], runtime: Runtime) -> AsyncIterator[None]:
    """Run the loops of this process's roles; on leaving, ask them to stop, then cancel what has not."""
    roles = runtime.settings.active_roles
    tasks = [asyncio.create_task(_watched(loop, runtime), name=loop.name) for loop in loops if loop.role in roles]
    try:
        yield
    finally:
        runtime.stopping.set()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=runtime.settings.drain_seconds)
            for task in late:
                log.warning("loop did not stop in time", loop=task.get_name())
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _watched(loop: Loop, runtime: Runtime) -> None:
    heart = runtime.health.heart(loop.name, stale_seconds=loop.stale_seconds)
    try:
        await loop.run(heart, runtime.stopping)
        if not runtime.stopping.is_set():
            heart.failure = "ended by itself"
    except asyncio.CancelledError:
        raise
    except Exception as error:  # whatever it is, the process must not go on half alive
        heart.failure = f"died: {type(error).__name__}"
        log.error("loop died", loop=loop.name, exc_info=error)
    heart.stopped = True
    if heart.failure and not runtime.stopping.is_set() and runtime.fail is not None:
        runtime.fail(f"{loop.name} {heart.failure}")


class Server(uvicorn.Server):
    """uvicorn that says it is draining as soon as it is asked to stop, and remembers why it failed."""

    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self.runtime, self.failure = runtime, ""
        runtime.fail = self.fail

    def fail(self, why: str) -> None:
        """Stop because something inside died."""
        self.failure = self.failure or why
        self.runtime.health.draining = True
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain. uvicorn would raise the signal again afterwards, and a clean end would not be status 0."""
        self.runtime.health.draining = True
        self.force_exit = self.should_exit and sig == signal.SIGINT  # Ctrl-C twice: do not wait
        self.should_exit = True


def serve(app: FastAPI, settings: Settings) -> int:
    """Run an application until SIGTERM or SIGINT; the status is 0 after a clean drain, 1 when something died."""
    server = Server(
        uvicorn.Config(
            app, host=settings.host, port=settings.port, log_config=None, access_log=False, server_header=False,
            timeout_graceful_shutdown=int(settings.drain_seconds) + 1, timeout_keep_alive=30, limit_concurrency=1000,
            h11_max_incomplete_event_size=64 * 1024, lifespan="on", proxy_headers=False,
        ),
        app.state.runtime,
    )  # fmt: skip
    try:
        server.run()
    except KeyboardInterrupt:
        return 0
    if server.failure or not server.started:
        log.error("stopped", why=server.failure or "it could not start")
        return 1
    return 0
