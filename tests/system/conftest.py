"""The system tests share a few modules beside them; `stack` and `database` come from `dealerlog.testing`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest

MakePool = Callable[[], Awaitable[asyncpg.Pool]]


@pytest.fixture
async def make_pool(database: Any) -> AsyncIterator[MakePool]:
    """`pool = await make_pool()`: a migrated, empty database of a service."""
    from service.migrations import migrate

    pools: list[asyncpg.Pool] = []

    async def make() -> asyncpg.Pool:
        urls = await database("system")
        migrate(urls.owner)
        pools.append(await asyncpg.create_pool(urls.app, min_size=1, max_size=6))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


@pytest.fixture(scope="module")
async def served(module_database: Any) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """`await served(name)`: that application over the varied histories, opened at the first use."""
    from serving import serving

    opened: dict[str, Any] = {}
    async with AsyncExitStack() as stack:

        async def serve(name: str) -> Any:
            if name not in opened:
                opened[name] = await stack.enter_async_context(serving(name, await module_database("routes")))
            return opened[name]

        yield serve
