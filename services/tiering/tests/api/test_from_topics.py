"""Law 4 for who trusts no table: every class again from the topics alone, with the codes known at its run's cut."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from eventlog.database import connect_pool
from eventlog.from_topics import FromTopics
from eventlog.histories import publish_apart
from service.migrations import migrate
from tiering.app import SERVICE
from tiering.rederive import TABLES, Outcome, rederive_log
from tiering.running import resume

from .conftest import FEED, HEAD, Kept, World, line

YEAR = {"window_from": "2025-01-01", "window_to": "2025-12-31"}
Rederive = Callable[[Iterable[Kept]], Awaitable[list[Outcome]]]


@pytest.fixture
async def from_topics(stack: Any, database: Callable[..., Awaitable[Any]]) -> Any:
    """`await from_topics(records)`: published to topics of their own, restored elsewhere, and derived again."""
    async with AsyncExitStack() as opened:

        async def again(records: Iterable[Kept]) -> list[Outcome]:
            urls = await database("audit")
            migrate(urls.owner)
            topics = await publish_apart(stack, f"{urls.name}.", ("tiering", "customer-registry"), records)
            pool = await connect_pool(urls.app, bounded=False)
            opened.push_async_callback(pool.close)
            made = FromTopics("tiering", TABLES, pool, kafka=stack.kafka.client_options(), topics=topics)
            await made.restore(urls.owner, SERVICE.deciders)
            return [each async for each in rederive_log(made.log, made.bring_to)]

        yield again


async def classify(world: World) -> str:
    started = await world.post("/classification-runs", YEAR, who=HEAD)
    assert await resume(world.runtime) == [started.json()["id"]]
    await world.project()
    return str(started.json()["id"])


def unequal(outcomes: list[Outcome], run: str) -> set[str | None]:
    return {each.dealer for each in outcomes if each.run == run and not each.again.same}


async def test_every_class_comes_out_again_and_one_that_was_forged_does_not(
    world: World, from_topics: Rederive
) -> None:
    dealers = [await world.dealer(f"F-{n}") for n in range(3)]
    for n in range(3):
        await world.post("/sales", line(f"F-{n}", f"F-INV-{n}", str(100 * (n + 1))), who=FEED)
    first = await classify(world)
    await world.post("/sales", line("F-0", "F-LATE", "5000"), who=FEED)
    second = await classify(world)
    done = await from_topics(world.sent)
    for run in (first, second):
        assert {each.dealer for each in done if each.run == run} == {*dealers, None} and unequal(done, run) == set()

    def forged(record: Kept) -> Kept:
        document = json.loads(record.value)
        of_one = document["type"] == "AbcClassAssigned" and document["subject"] == dealers[1]
        if not of_one or document["data"]["run"] != second:
            return record
        document["data"]["abc"] = "A" if document["data"]["abc"] != "A" else "C"
        return record._replace(value=json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())

    found = await from_topics(map(forged, world.sent))
    assert (unequal(found, first), unequal(found, second)) == (set(), {dealers[1]})


async def test_a_class_that_rests_on_a_code_that_somebody_changed_is_noticed(
    world: World, from_topics: Rederive
) -> None:
    tied = {await world.dealer(code) for code in ("Q-1", "Q-2")}
    for code in ("Q-1", "Q-2"):
        await world.post("/sales", line(code, f"INV-{code}", "70"), who=FEED)
    schema = await world.runtime.pool.fetchval("select schema from projection.generation")
    change = f"update {schema}.onboarding set code = $2 where code = $1 returning code"
    assert await world.runtime.pool.fetch(change, "Q-1", "Q-3")
    try:
        run = await classify(world)
        assert unequal(await from_topics(world.sent), run) == tied | {None}
    finally:
        await world.runtime.pool.execute(change, "Q-3", "Q-1")
