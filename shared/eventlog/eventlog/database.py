"""Connections to a service's PostgreSQL: every transaction that could hold a partition is bounded by the server."""

from __future__ import annotations

from typing import Any

import asyncpg

from eventlog.connection import Pool

BOUNDS = {
    "transaction_timeout": "5s",
    "idle_in_transaction_session_timeout": "5s",
    "timezone": "UTC",
    "application_name": "dealerlog",
}


async def connect_pool(url: str, *, size: int = 8, bounded: bool = True, **settings: str) -> Pool:
    """A pool of up to `size` connections; `bounded` ones end a transaction after 5 s (append, publish, project)."""
    server: dict[str, Any] = {**(BOUNDS if bounded else {"timezone": "UTC"}), **settings}
    return await asyncpg.create_pool(
        url, min_size=1, max_size=size, server_settings=server, command_timeout=None, timeout=10
    )
