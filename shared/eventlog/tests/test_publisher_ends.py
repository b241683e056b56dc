"""A publisher that is asked to end ends, whatever became of its connection."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from eventlog.publisher import Publisher


class Lost:
    """The connection that held the lease, once the pool has taken it back."""

    async def fetchval(self, statement: str) -> bool:
        return True

    def is_closed(self) -> bool:
        raise asyncpg.InterfaceError("connection has been released back to the pool")


async def test_a_cancel_passes_although_the_connection_of_the_lease_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def acquire() -> Any:
        yield Lost()

    held = asyncio.Event()

    async def hold(self: Publisher, lease: Any) -> None:
        held.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Publisher, "_hold", hold)
    log: Any = SimpleNamespace(name="tiering", pool=SimpleNamespace(acquire=acquire), on_append=None)
    task = asyncio.create_task(Publisher(log, {}, "tiering.events").run())
    await asyncio.wait_for(held.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)
