"""Reading within one's scope: `async with reader.snapshot(caller) as conn` is one moment of one generation.

The transaction is REPEATABLE READ READ ONLY, its `search_path` the generation that serves now, its scope set by SET
LOCAL and gone at its end. Positions and rows read in it belong to one moment (stack.md, trap 21).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from service.caller import Caller
from service.problems import Problem
from service.rls import assert_reader

# One statement: the pointer row is read, and search_path and scope set, for this transaction only.
ENTER = """
select set_config('search_path', quote_ident(g.schema) || ', pg_catalog', true),
       set_config('dealerlog.reach', $1, true), set_config('dealerlog.territory', $2, true),
       set_config('dealerlog.branch', $3, true), set_config('dealerlog.region', $4, true),
       set_config('dealerlog.role', $5, true), set_config('dealerlog.login', $6, true), g.schema
from projection.generation g
"""

IN_SCOPE = "select from dealer_scope where dealer = $1"


class Reader:
    """Reads the projections of one service as the role that row-level security binds."""

    def __init__(self, pool: asyncpg.Pool, *, enter: str = ENTER) -> None:
        self._pool, self._enter, self._schema = pool, enter, ""

    @classmethod
    async def connect(cls, dsn: str, *, size: int = 8, statement_seconds: float = 30.0, enter: str = ENTER) -> Reader:
        """Open the pool and refuse a role that no policy binds (`UnsafeReader`)."""
        pool = await asyncpg.create_pool(
            dsn, min_size=1, max_size=size, command_timeout=statement_seconds + 1, reset=_nothing_to_reset,
            server_settings={
                "application_name": "dealerlog-reader",
                "statement_timeout": str(int(statement_seconds * 1000)),
                "idle_in_transaction_session_timeout": str(int(statement_seconds * 1000)),
                "default_transaction_read_only": "on",
            },
        )  # fmt: skip
        async with pool.acquire() as conn:
            await assert_reader(conn)
        return cls(pool, enter=enter)

    @asynccontextmanager
    async def snapshot(self, caller: Caller) -> AsyncIterator[asyncpg.pool.PoolConnectionProxy]:
        """One read-only moment, seen as that caller; raises 503 while no generation serves yet."""
        async with self._pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            row = await conn.fetchrow(
                self._enter, caller.reach, caller.name("territory"), caller.name("branch"), caller.name("region"),
                caller.role, caller.login,
            )  # fmt: skip
            if row is None:
                raise Problem("temporarily-unavailable", "The read model is being built.")
            if row["schema"] != self._schema:
                # Another generation may have other columns: plans made for the last one would be refused.
                self._schema = row["schema"]
                await conn.reload_schema_state()
            yield conn

    async def ping(self) -> None:
        """Whether the database answers."""
        async with self._pool.acquire() as conn:
            await conn.execute("select 1")

    async def close(self) -> None:
        """Close the pool, letting running reads end."""
        await self._pool.close()


async def _nothing_to_reset(_: Any) -> None:
    """Everything a snapshot sets is LOCAL, so a connection goes back as it came: one round trip less."""


async def require_dealer_in_scope(conn: asyncpg.pool.PoolConnectionProxy, dealer: UUID) -> None:
    """Refuse with 404 a dealer that the caller may not see, which is the same as one that is not there."""
    if await conn.fetchrow(IN_SCOPE, dealer) is None:
        raise Problem("not-found", "There is no such dealer in your scope.", dealer=str(dealer), retryable=True)


def require_place_in_scope(caller: Caller, *, territory: str | None = None, branch: str | None = None,
                           region: str | None = None) -> None:  # fmt: skip
    """Refuse with 404 a write into a place outside the caller's own, where there is no dealer yet to look up."""
    place = {"territory": territory, "branch": branch, "region": region}
    if caller.reach != "company" and place[caller.reach] != caller.code:
        raise Problem("not-found", f"Your scope is {caller.reach} {caller.code}.")
