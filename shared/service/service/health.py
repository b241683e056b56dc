"""Alive = every loop makes progress; ready = every dependency answers in time.

A broker that answers a ping says nothing about the consumer (stack.md, trap 4), so a loop beats when it has gone
round, and one that has not for its `stale_seconds`, or has died, turns `/health/live` red. Readiness is asked at most
once a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

Check = Callable[[], Awaitable[Any]]
CHECK_SECONDS = 2.0
REMEMBERED_SECONDS = 1.0


class NotReady(Exception):
    """What a dependency lacks, and what to do, in words that may be shown."""


class Heart:
    """One loop's heartbeat."""

    def __init__(self, name: str, stale_seconds: float) -> None:
        self.name, self.stale_seconds = name, stale_seconds
        self.at = time.monotonic()
        self.failure: str | None = None
        self.stopped = False

    def beat(self) -> None:
        """Say that the loop has gone round once more."""
        self.at = time.monotonic()

    def trouble(self) -> str | None:
        """Why this loop is not alive, or None."""
        if self.failure:
            return self.failure
        silent = time.monotonic() - self.at
        return f"no progress for {silent:.0f} s" if silent > self.stale_seconds and not self.stopped else None


class Health:
    """The hearts and dependencies of one process."""

    def __init__(self) -> None:
        self.hearts: dict[str, Heart] = {}
        self.checks: dict[str, Check] = {}
        self.notices: dict[str, Callable[[], str | None]] = {}
        self.draining = False
        self._ready: tuple[float, dict[str, str | None]] | None = None
        self._asking = asyncio.Lock()

    def heart(self, name: str, *, stale_seconds: float = 30.0) -> Heart:
        """The heartbeat of a loop, registered."""
        return self.hearts.setdefault(name, Heart(name, stale_seconds))

    def depends(self, name: str, check: Check) -> None:
        """Name something without which no request can be served."""
        self.checks[name] = check

    def notice(self, name: str, say: Callable[[], str | None]) -> None:
        """Name something an operator should see that neither a restart nor a redirection would mend."""
        self.notices[name] = say

    def noticed(self) -> dict[str, str]:
        """What there is to see, by name."""
        return {name: text for name, say in self.notices.items() if (text := say())}

    def live(self) -> tuple[bool, dict[str, str]]:
        """Whether every loop makes progress, and what is said of each."""
        said = {name: heart.trouble() or "ok" for name, heart in self.hearts.items()}
        return all(text == "ok" for text in said.values()), said

    async def ready(self) -> tuple[bool, dict[str, str]]:
        """Whether every dependency answers, and what is said of each; a process that drains is not ready."""
        async with self._asking:
            if self._ready is None or time.monotonic() - self._ready[0] > REMEMBERED_SECONDS:
                found = await asyncio.gather(*(_ask(check) for check in self.checks.values()))
                self._ready = (time.monotonic(), dict(zip(self.checks, found, strict=True)))
        said = {name: trouble or "ok" for name, trouble in self._ready[1].items()}
        if self.draining:
            said["process"] = "draining"
        return all(text == "ok" for text in said.values()), said


async def _ask(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:.0f} s"
    except NotReady as error:
        return str(error)
    except Exception as error:  # whatever a dependency raises, it is not ready
        return f"{type(error).__name__}"
    return None
