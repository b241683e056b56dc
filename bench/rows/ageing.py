"""The ageing of all dealers at a past date, through the API, against one plain SQL sort of the same rows."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import date

from bench.measuring import Aim, Row, in_turns
from bench.rows.rebuild import fill, live
from bench.serving import HEAD, Serving, serving
from bench.sizes import Size
from bench.stack import Bench, service
from credit_rating.published_policies import POLICIES
from dealerlog.addresses import Addresses
from eventlog import generations
from eventlog.database import connect_pool
from service.rls import quoted

PAST = "2026-06-15"
SORT = """
select count(*), sum(amount) from (
    select dealer, due_on, dated, number, amount from {schema}.ledger_entry
    order by dealer, due_on, dated, number offset 0
) as sorted
"""


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Invoices, three in five of the entries, and the payments that settle them."""
    entries = size.invoices * 5 // 3
    async with service("credit-rating", where) as bench:
        await POLICIES.publish_shipped(bench.log, date(2026, 1, 1))
        await fill(bench, entries)
        pool = await connect_pool(bench.urls.app, size=4, bounded=False)
        await generations.ensure(pool, bench.plan, bench.partitions, bench.security)
        await live(bench, pool)
        await pool.close()
        await bench.pool.execute("analyze")
        async with serving(bench) as served:
            reached = await in_turns(
                {"ours": lambda: aged(served), "sort": lambda: sorted_(bench, served)}, size.rounds
            )
    yield Row(
        f"ageing of all at a past date, {size.invoices:,} invoices", "s", reached["ours"],
        "one plain SQL sort of the same rows", reached["sort"],
        (Aim(2, at_least=False), Aim(3 * size.invoices / 1_000_000, "ours", at_least=False)),
        note="3 s are for a million invoices; the aim here is in proportion",
    )  # fmt: skip


async def aged(served: Serving) -> float:
    """Seconds until the totals over all dealers are there."""
    started = time.perf_counter()
    answer = await served.get(f"/receivables/ageing?as_of={PAST}&limit=1", HEAD)
    if answer.status != 200 or answer.json["totals"]["balance"] in ("0", "0.00"):
        raise AssertionError(answer.body.decode()[:500])
    return time.perf_counter() - started


async def sorted_(bench: Bench, served: Serving) -> float:
    """Seconds of the sort."""
    async with bench.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local enable_indexscan = off")  # else a walk along an index, several times slower
        started = time.perf_counter()
        await connection.fetchrow(SORT.format(schema=quoted(served.schema)))
        return time.perf_counter() - started
