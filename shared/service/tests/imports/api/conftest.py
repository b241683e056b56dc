"""An installation that imports sales, and the shipped sample."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sales_service import BOOK, World, opened

from eventlog.database import connect_pool
from service.migrations import migrate


@pytest.fixture
async def urls(database: Callable[..., Awaitable[Any]]) -> Any:
    BOOK.stop_after, BOOK.taken_back = None, {}
    made = await database("imports")
    migrate(made.owner)
    pool = await connect_pool(made.app, size=1)
    await pool.execute("update log.lineage set opened = true, service = 'tiering'")
    await pool.close()
    return made


@pytest.fixture
async def world(urls: Any, tmp_path: Path) -> AsyncIterator[World]:
    async with opened(urls, tmp_path / "imports") as made:
        yield made


@pytest.fixture(scope="module")
def sales(sample: Path) -> bytes:
    return (sample / "online-retail-small.csv").read_bytes()


@pytest.fixture(scope="module")
def some(sales: bytes) -> bytes:
    """The header and 200 rows of the sample, all of them acceptable."""
    lines = [line for line in sales.splitlines(keepends=True) if b",," not in line]
    return b"".join(lines[:201])


@pytest.fixture(scope="module")
def figures(sample: Path) -> dict[str, Any]:
    said: dict[str, Any] = json.loads((sample / "online-retail-small.json").read_text())["online-retail-small.csv"]
    return said
