"""A migrated, opened log on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from eventlog.database import connect_pool
from eventlog.log import Log
from service.migrations import migrate

MakeLog = Callable[..., Awaitable[Log]]


@pytest.fixture
async def make_log(database) -> AsyncIterator[MakeLog]:  # type: ignore[no-untyped-def]
    logs: list[Log] = []

    async def make(name: str = "customer-registry", *, opened: bool = True, urls=None) -> Log:  # type: ignore[no-untyped-def]
        if urls is None:
            urls = await database()
            migrate(urls.owner)
        log = Log(name, await connect_pool(urls.app, size=20))
        log.urls = urls  # type: ignore[attr-defined]
        if opened:
            await log.pool.execute("update log.lineage set opened = true, service = $1", name)
        logs.append(log)
        return log

    yield make
    for log in logs:
        await log.pool.close()
