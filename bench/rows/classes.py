"""ABC of all dealers, against one plain SQL sort of the same rows."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import asyncpg

from bench.measuring import Aim, Row, in_turns
from bench.sizes import Size
from dealerlog.addresses import Addresses
from tiering.domain.abc import Measured, rank

SORT = (
    "select count(*), sum(measure) from (select * from pg_temp.measured order by measure desc, code offset 0) as sorted"
)


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Ranked, cut and digested: everything that a classification run does between reading and writing."""
    chance = random.Random(1)
    population = [measured(number, chance) for number in range(size.dealers)]
    chance.shuffle(population)
    connection = await asyncpg.connect(where.admin_url)
    await connection.execute("create temporary table measured (dealer uuid, code text, measure numeric)")
    await connection.copy_records_to_table("measured", records=[(m.dealer, m.code, m.measure) for m in population])
    await connection.execute("analyze pg_temp.measured")

    async def ours() -> float:
        started = time.perf_counter()
        ranking = rank(population)
        assert ranking.population == size.dealers and ranking.digest()
        return time.perf_counter() - started

    async def sort() -> float:
        started = time.perf_counter()
        await connection.fetchrow(SORT)
        return time.perf_counter() - started

    reached = await in_turns({"ours": ours, "sort": sort}, size.rounds)
    await connection.close()
    yield Row(
        f"ABC of {size.dealers:,} dealers, with the digest", "s", reached["ours"],
        "one plain SQL sort of the same rows", reached["sort"],
        (Aim(2, at_least=False), Aim(3, "ours", at_least=False)),
    )  # fmt: skip


def measured(number: int, chance: random.Random) -> Measured:
    """A dealer with some sales."""
    dealer = str(UUID(int=chance.getrandbits(128), version=4))
    return Measured(dealer, f"D{number:07}", Decimal(chance.randrange(10**9)) / 100)
