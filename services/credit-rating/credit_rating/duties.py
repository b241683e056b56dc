"""What this service does by itself, each in a loop of its own: what fails is tried again, later and later.

A duty that fails holds up no other, and health names each that waits: by the kind of its error only, for anybody may
read that; what the error says is in the log.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Hashable
from dataclasses import dataclass, field

import structlog

from credit_rating.slices import kind_of
from service.health import Heart
from service.lifecycle import Loop
from service.runtime import Runtime

EVERY_SECONDS, MOST_SECONDS = 0.5, 240.0
"""How often a duty is looked at, and the longest pause after failures: each is twice the one before."""
STALE_SECONDS = 300.0
log = structlog.get_logger("duties")


class Later:
    """What failed, by name, and when it is tried again: after half a second, twice that, and so on up to 4 minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[Hashable, tuple[float, float, Exception]] = {}

    def waits(self, name: Hashable) -> bool:
        """Whether its time has not come yet."""
        return name in self._waiting and self._clock() < self._waiting[name][0]

    def failed(self, name: Hashable, error: Exception) -> None:
        """It failed once more."""
        pause = min(2 * self._waiting[name][1], MOST_SECONDS) if name in self._waiting else EVERY_SECONDS
        self._waiting[name] = (self._clock() + pause, pause, error)

    def passed(self, name: Hashable) -> None:
        """It is done."""
        self._waiting.pop(name, None)

    def only(self, names: Collection[Hashable]) -> None:
        """Whatever is not among these is no longer wanted."""
        for name in self._waiting.keys() - set(names):
            self.passed(name)

    @property
    def errors(self) -> dict[str, Exception]:
        """What failed last of each."""
        return {str(name): error for name, (_, _, error) in self._waiting.items()}


@dataclass(frozen=True, kw_only=True)
class Duty:
    """Something done again whenever its `mark` changes: the day, or what else makes it due.

    `later` also takes what `do` tries again by itself, such as one run of many.
    """

    name: str
    mark: Callable[[], Awaitable[object]]
    do: Callable[[], Awaitable[object]]
    later: Later = field(default_factory=Later)


def loop_of(duty: Duty, runtime: Runtime, *, every_seconds: float = EVERY_SECONDS) -> Loop:
    """The loop of one duty, with its notice in health."""
    later = duty.later
    runtime.health.notice(duty.name, lambda: said_of(later))

    async def run(heart: Heart, stopping: asyncio.Event) -> None:
        done: object = None
        while not stopping.is_set():
            if not later.waits(duty.name):
                try:
                    if (now := await duty.mark()) != done:
                        await duty.do()
                        done = now
                    later.passed(duty.name)
                except Exception as error:  # whatever it is, what is done already is not done again
                    log.warning("waits", duty=duty.name, error=f"{type(error).__name__}: {error}"[:500])
                    later.failed(duty.name, error)
            heart.beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), every_seconds)

    return Loop(name=duty.name, role="worker", run=run, stale_seconds=STALE_SECONDS)


def said_of(later: Later) -> str | None:
    """What may be shown of what waits: how many, and the kinds of their errors."""
    kinds = sorted(map(kind_of, later.errors.values()))
    return "; ".join(f"{count} × {kind}" if count > 1 else kind for kind, count in Counter(kinds).items()) or None
