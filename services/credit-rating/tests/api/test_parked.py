"""Nothing is decided by a parked stream: neither a dealer's, nor that of its group, nor the policy's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

ORDERER: dict[str, str] = {"role": "branch_manager", "branch": "B1"}
CREDIT = "credit_controller"
PARK_STREAM = """
insert into projection.parked_stream (reader, source, stream, partition, reason)
select schema, 'credit-rating', $1, 0, 'a test' from projection.generation
"""
PARK = """
insert into projection.parked (reader, source, stream, partition, sequence, kafka_key, placement, document)
select schema, 'credit-rating', $1, 0, 1, '', '', '{}' from projection.generation
"""


@asynccontextmanager
async def parked(world: Any, stream: str) -> AsyncIterator[None]:
    """An event of a stream waits for the operator."""
    await world.pool.execute(PARK_STREAM, stream)
    await world.pool.execute(PARK, stream)
    try:
        yield
    finally:
        await world.pool.execute("delete from projection.parked_stream")


async def order(world: Any, dealer: str, number: str) -> Any:
    body = {"number": number, "amount": "100.00", "currency": "CNY"}
    async with world.following():
        return await world.post(f"/dealers/{dealer}/orders", body, **ORDERER)


def waits(answer: Any) -> bool:
    return answer.status_code == 503 and answer.json()["type"].endswith("stream-parked")


async def test_while_the_policy_s_stream_is_parked_nothing_is_decided_and_lists_are_shown(world: Any) -> None:
    dealer = await world.dealer("9600")
    await world.trade(dealer, "9600", months=13)
    await world.rate()
    async with parked(world, "policy-credit/policy"):
        assert waits(await order(world, dealer, "PP-1"))
        assert waits(await world.post("/rating-runs", {"region": "R1"}, "regional_director", region="R1"))
        assert waits(await world.post(f"/dealers/{dealer}/statements", {"month": "2026-05"}, CREDIT))
        for path in (f"/dealers/{dealer}/receivables", "/receivables/ageing", "/collection"):
            assert (await world.get(path)).status_code == 200, path
    assert (await order(world, dealer, "PP-1")).status_code == 201


async def test_while_a_group_s_stream_is_parked_no_order_of_its_dealers_is_checked(world: Any) -> None:
    member, alone = await world.dealer("9610"), await world.dealer("9611")
    await world.group("GP", member)
    async with parked(world, "group-GP/group"):
        assert waits(await order(world, member, "PG-1"))
        assert (await order(world, alone, "PG-2")).status_code == 201
    assert (await order(world, member, "PG-1")).status_code == 201
