"""Read by id, p99: our route against the same scoped transaction, hand-written, in a bare FastAPI handler."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Response

from bench.measuring import Aim, Row, in_turns, percentile
from bench.serving import Answer, call, serving
from bench.sizes import Size
from bench.stack import service
from dealerlog.addresses import Addresses
from eventlog.connection import Pool
from service.rls import quoted
from service.scope import ENTER
from service.testing import bearer

DEALERS = 2_000
TERRITORY = bearer("sales_representative", territory="T1")
FILL = """
insert into {schema}.dealer_scope (dealer, territory, branch, region)
    select unnest($1::uuid[]), 'T1', 'B1', 'R1';
"""
ORDERS = """
insert into {schema}.orders (dealer, number, amount, currency, prepaid, ordered_on, state, reasons)
    select unnest($1::uuid[]), 'SO-1', 100, 'CNY', false, '2026-01-02', 'released', '[]'
"""
IN_SCOPE = "select from dealer_scope where dealer = $1"
ONE = "select number, amount, currency, prepaid, ordered_on, state from orders where dealer = $1 and number = $2"


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """One reader after the other, as a representative bound to a territory."""
    async with service("credit-rating", where) as bench, serving(bench) as served:
        dealers = [uuid4() for _ in range(DEALERS)]
        for statement in (FILL, ORDERS):
            await bench.pool.execute(statement.format(schema=quoted(served.schema)), dealers)
        scoped, unscoped = (
            bare(served.reader_pool, served.schema, scoped=True),
            bare(bench.pool, served.schema, scoped=False),
        )
        reads = size.reads

        def p99(app: Any) -> Callable[[], Awaitable[float]]:
            return lambda: reading(app, dealers, reads)

        reached = await in_turns(
            {"ours": p99(served.app), "scoped": p99(scoped), "unscoped": p99(unscoped)}, size.rounds
        )
    by_hand = "the same scoped transaction, hand-written, in a bare handler"
    yield Row("read by id, p99", "ms", reached["ours"], by_hand, reached["scoped"], (Aim(1.5, at_least=False),))
    yield Row("the unscoped query in a bare handler, p99", "ms", reached["unscoped"], by_hand, reached["scoped"])


async def reading(app: Any, dealers: list[UUID], reads: int) -> float:
    """The 99th percentile of so many reads, in milliseconds."""
    taken = [one(await call(app, f"/dealers/{dealers[n % len(dealers)]}/orders/SO-1", TERRITORY)) for n in range(reads)]
    return percentile(taken, 0.99)


def one(answer: Answer) -> float:
    """How long a read took; it must have found the order."""
    if answer.status != 200 or answer.json["number"] != "SO-1":
        raise AssertionError(answer.body.decode())
    return answer.milliseconds


def bare(pool: Pool, schema: str, *, scoped: bool) -> FastAPI:
    """What somebody would write by hand who knows the scope already; `pool`: of the reader, or of the tables' owner."""
    app = FastAPI()

    async def read_scoped(dealer: UUID, number: str) -> Any:
        async with pool.acquire() as conn, conn.transaction(isolation="repeatable_read", readonly=True):
            await conn.fetchrow(ENTER, "territory", "T1", "", "", "sales_representative", "bench")
            if await conn.fetchrow(IN_SCOPE, dealer) is None:
                return Response(status_code=404)
            return dict(await conn.fetchrow(ONE, dealer, number) or {})

    async def read_unscoped(dealer: UUID, number: str) -> Any:
        query = ONE.replace("from orders", f"from {quoted(schema)}.orders")
        return dict(await pool.fetchrow(query, dealer, number) or {})

    app.get("/dealers/{dealer}/orders/{number}")(read_scoped if scoped else read_unscoped)
    return app
