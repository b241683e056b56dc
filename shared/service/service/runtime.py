"""What a running service holds: its log, its reader, who may come in, and how it feels. One object an application."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from eventlog.position import Position
from service.access import Verifier
from service.health import Health
from service.metrics import Metrics
from service.problems import Kind, Problem
from service.scope import Reader
from service.settings import Settings


class Visible(Protocol):
    """Waits until positions are visible in this service's read model (`eventlog.waiting`)."""

    def __call__(self, positions: Sequence[Position], timeout_seconds: float) -> Awaitable[None]:
        """Return once all are visible; raise when one is parked or the time is over."""
        ...


class Rates:
    """A bucket a caller: `per_second` requests, twice that at once; the fullest buckets are forgotten first."""

    def __init__(self, per_second: float, *, callers: int = 10_000) -> None:
        self._rate, self._burst, self._callers = per_second, 2 * per_second, callers
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, login: str) -> None:
        """Count one request; raises `Problem("too-many-requests")`."""
        now = time.monotonic()
        left, at = self._buckets.get(login, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate) - 1
        if left < 0:
            raise Problem("too-many-requests", f"At most {self._rate:g} requests a second are answered.")
        if len(self._buckets) >= self._callers and login not in self._buckets:
            self._buckets.clear()
        self._buckets[login] = (left, now)


@dataclass
class Runtime:
    """Everything a request may need; tests build one with what they need of it."""

    name: str
    settings: Settings
    verifier: Verifier
    held: dict[str, frozenset[str]]
    log: Any = None
    reader: Reader = None  # type: ignore[assignment]  # opened when the application starts
    pool: Any = None
    projector: Any = None
    reactors: Sequence[Any] = ()
    figures: Any = None
    waiting: Visible | None = None
    peers: Any = None
    problems: Mapping[str, Kind] = field(default_factory=dict)
    exports: Any = None
    metrics: Metrics = field(default_factory=Metrics)
    health: Health = field(default_factory=Health)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    fail: Callable[[str], None] | None = None

    def __post_init__(self) -> None:
        secret = self.settings.secret.get_secret_value().encode()
        self.cursor_secret = hashlib.sha256(b"dealerlog cursors\0" + secret).digest()
        self.rates = Rates(self.settings.requests_per_second)

    async def visible(self, positions: Sequence[Position]) -> None:
        """Wait until these positions are visible here."""
        if self.waiting is None:
            raise Problem("temporarily-unavailable", "This process does not follow the logs.")
        await self.waiting(positions, self.settings.wait_seconds)
