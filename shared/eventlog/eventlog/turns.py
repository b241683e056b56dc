"""Those of one process wait for each other before they try the same thing: thrift, never safety, and never for long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from eventlog.refusals import Contended

TURN_SECONDS = 20.0
"""Less than the 30 s after which a request is given up: who waits so long is told to come again."""


class Turns:
    """One turn at a time of each name; who waits longer than `seconds` is refused with `Contended`, nothing done."""

    def __init__(self, seconds: float = TURN_SECONDS) -> None:
        self.seconds = seconds
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, name: str) -> AsyncIterator[None]:
        """The turn of a name, until the block ends."""
        turn = self._turns.setdefault(name, asyncio.Lock())
        try:
            async with asyncio.timeout(self.seconds):
                await turn.acquire()
        except TimeoutError:
            raise Contended(f"others have written {name} for {self.seconds:g} s: retry") from None
        try:
            yield
        finally:
            turn.release()
