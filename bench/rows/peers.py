"""Peers that do the same work: the `eventsourcing` library, and a FastStream projector as people write it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from decimal import Decimal
from importlib.metadata import version
from typing import cast
from uuid import uuid4

from eventsourcing.projection import ProjectionRunner
from faststream.kafka import KafkaBroker

from bench import plain
from bench.consuming import PATIENCE, Meter, consumed
from bench.eventsourced import SCHEMA, Dealer, Documents, Entries, Projecting, entered, environment
from bench.measuring import Row, in_turns
from bench.rows.commands import CLIENTS, SCORES, submitting, together
from bench.rows.rebuild import filled, two_small_headers
from bench.sizes import Size
from bench.stack import Bench, service
from bench.workload import Entry, documents, fact
from dealerlog.addresses import Addresses
from dealerlog.topics import delete_topics
from eventlog import generations, loading
from eventlog.connection import Pool
from eventlog.consume import Applies, Consuming
from eventlog.database import connect_pool
from eventlog.projector import Projector

LIBRARY = f"eventsourcing {version('eventsourcing')}, its PostgreSQL recorder"
Parsed = Sequence[tuple[str, Entry]]
CALL = 500
"""Events a call, of both: the library sends a call as one pipeline, which at thousands hung for good, seen once."""
ENTRY = f"""
create table {SCHEMA}.entry (dealer uuid, kind text, origin text, number text, amount numeric, dated date, due_on date,
    method text, term_days integer)
"""
POSITIONS = f"create table {SCHEMA}.position (partition integer primary key, kafka_offset bigint)"
OURS_ANEW = "update projection.position set sequence = 0, event = null, kafka_offset = -1, lineages = '[]'"
THEIRS_ANEW = f"insert into {SCHEMA}.position select partition, -1 from generate_series(0, $1::integer - 1) partition"


async def rows(where: Addresses, size: Size) -> AsyncIterator[Row]:
    """Single commands; facts in bulk and a table filled from them; a live projection."""
    async with service("customer-registry", where) as bench:
        await bench.pool.execute(f"create schema {SCHEMA}")
        yield await single(bench, size)
    async with service("credit-rating", where) as bench:
        pool = await connect_pool(bench.urls.app, size=8, bounded=False)
        try:
            schema = await generations.ensure(pool, bench.plan, bench.partitions, bench.security)
            await pool.execute(f"create schema {SCHEMA}")
            await pool.execute(f"{ENTRY}; {POSITIONS}")
            await pool.execute(f"create table {SCHEMA}.live (like {schema}.ledger_entry including indexes)")
            yield await bulk(bench, size)
            yield await caught_up(bench, pool, size)
            yield await live(bench, pool, schema, size)
        finally:
            await pool.close()


async def single(bench: Bench, size: Size) -> Row:
    """One new aggregate of one event a command."""
    each = size.commands // CLIENTS
    with Documents(environment(bench.urls.app, connections=CLIENTS)) as peer:

        def client() -> None:
            for _ in range(each):
                peer.save(Dealer(str(uuid4()), Decimal("10000.00"), SCORES, "clerk"))

        async def saved() -> float:
            started = time.perf_counter()
            await asyncio.gather(*(asyncio.to_thread(client) for _ in range(CLIENTS)))
            return CLIENTS * each / (time.perf_counter() - started)

        ours = submitting(bench, lambda: str(uuid4()))
        reached = await in_turns({"ours": lambda: together(ours, each), "peer": saved}, size.rounds)
    note = (
        f"{CLIENTS} threads and connections, its JSON transcoder; its transactions wait for each other's table lock; "
        "it looks nothing up and keeps no command id, no claim and no state"
    )
    return Row("peer: single commands", "commands/s", reached["ours"], LIBRARY, reached["peer"], note=note)


async def bulk(bench: Bench, size: Size) -> Row:
    """Validated events in, committed."""
    seeds, versions = itertools.count(900), Counter[str]()
    with Documents(environment(bench.urls.app, connections=4)) as peer:

        def put(parsed: Parsed) -> None:
            peer.events.put([entered(dealer, event, versions) for dealer, event in parsed])

        async def recorded(parsed: Parsed) -> None:
            if any(each.kind != "accepted" for each in await bench.log.record([fact(*each) for each in parsed])):
                raise AssertionError("a row was not accepted")

        async def theirs() -> float:
            return await in_calls(lambda parsed: asyncio.to_thread(put, parsed), size.events // 10, next(seeds))

        async def ours() -> float:
            return await in_calls(recorded, size.events // 10, next(seeds))

        reached = await in_turns({"ours": ours, "peer": theirs}, size.rounds)
    note = f"{CALL:,} a call, one transaction a call, its JSON transcoder; it keeps no command id and tells no repeat"
    return Row("peer: facts in bulk, publisher off", "events/s", reached["ours"], LIBRARY, reached["peer"], note=note)


async def in_calls(call: Callable[[Parsed], Awaitable[None]], events: int, seed: int) -> float:
    """Events a second, one call after the other."""
    parsed = list(documents(events, seed=seed))
    started = time.perf_counter()
    for start in range(0, events, CALL):
        await call(parsed[start : start + CALL])
    return events / (time.perf_counter() - started)


async def caught_up(bench: Bench, pool: Pool, size: Size) -> Row:
    """A table of one row an event, from nothing: theirs from PostgreSQL, ours from Kafka."""
    await bench.publish()

    async def theirs() -> float:
        await pool.execute(f"truncate {SCHEMA}.entry")
        await pool.execute(f"drop table if exists {SCHEMA}.entries_tracking")
        return await asyncio.to_thread(run, bench.urls.app, max(500, size.events // 80))

    reached = await in_turns({"ours": lambda: filled(bench, pool, loading.load), "peer": theirs}, size.rounds)
    note = "its ProjectionRunner, an event a transaction; neither waits for the disk at a commit"
    return Row("peer: a projection catches up", "events/s", reached["ours"], LIBRARY, reached["peer"], note=note)


def run(url: str, events: int) -> float:
    """Events a second of the library's own runner, over the first so many at least."""
    started = time.perf_counter()
    runner = ProjectionRunner(application_class=Documents, projection_class=Projecting, view_class=Entries,
                              env=environment(url, connections=4))  # fmt: skip
    with runner:
        runner.wait(events, timeout=PATIENCE)
        projecting = cast(Projecting, runner.projection)
        return projecting.done / (projecting.turned_at - started)


async def live(bench: Bench, pool: Pool, schema: str, size: Size) -> Row:
    """A consumer in a group, as a service runs it; documents under two small headers for the peer."""
    events = sum((await bench.log.last()).values())
    small = await two_small_headers(bench)

    def plainly(broker: KafkaBroker, meter: Meter, group: str) -> None:
        plain.subscribe(broker, small, group, pool, meter)

    def in_batches(broker: KafkaBroker, meter: Meter, group: str) -> None:
        projector = Projector(bench.member.name, bench.plan.tables.values(), pool, bench.partitions,
                              security=bench.security, prefix=bench.prefix,
                              moved=lambda: meter.count(projector.applied - meter.done))  # fmt: skip
        Consuming(broker, cast(Applies, projector), group=group)

    async def theirs() -> float:
        await pool.execute(f"truncate {SCHEMA}.live, {SCHEMA}.position")
        await pool.execute(THEIRS_ANEW, bench.partitions)
        return await consumed(bench, max(500, size.events // 240), plainly)

    async def ours() -> float:
        await pool.execute(f"truncate {schema}.ledger_entry; {OURS_ANEW}")
        return await consumed(bench, events, in_batches)

    try:
        reached = await in_turns({"ours": ours, "peer": theirs}, size.rounds)
    finally:
        await delete_topics(bench.where.kafka, [small])
    note = (
        "the same documents, table, indexes and database; pydantic, one INSERT and its position a transaction, "
        "NACK_ON_ERROR, which commits each to Kafka; it tells no gap, fork or lineage, and parks nothing"
    )
    against = "FastStream, one message at a time"
    return Row("peer: a live projection", "events/s", reached["ours"], against, reached["peer"], note=note)
