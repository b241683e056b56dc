"""More than one publisher, and one that wakes in another time than it fell asleep in."""

from __future__ import annotations

import asyncio
import signal

import asyncpg

from faults import recovery
from faults.kinds import Strike, kind
from faults.world import SPLIT, World

TAKE_LEASE = """
select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 8 and objid = 0 and granted
    and database = (select oid from pg_database where datname = current_database())
"""


def _take_lease(world: World) -> None:
    """End the connection that holds the publisher's lease; its holder notices when it is next idle."""
    asyncio.run(_execute(world.postgres.url(world.fleet.databases[SPLIT].name), TAKE_LEASE))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@kind("two-publishers", "a second publisher, and the lease taken away again and again")
def two_publishers(strike: Strike) -> None:
    """Both publish in turn, and sometimes at once: a lease is thrift, not safety."""
    world = strike.world
    second = world.extra(SPLIT, "relay")
    for _ in range(100):
        if world.life(second) == "ok":
            break
        strike.pause(0.05, 0.1)
    for _ in range(strike.chance.randint(5, 12)):
        _take_lease(world)
        strike.pause(0.05, 0.3)
    if strike.chance.random() < 0.5:
        world.kill(second)
    world.dismiss(second)


@kind("publisher-overtaken", "a publisher is stopped, overtaken by another, and woken", every=2)
def publisher_overtaken(strike: Strike) -> None:
    """It comes back with a batch half sent, and marks of long ago."""
    world = strike.world
    relay = world.of(SPLIT, "relay")
    world.signal(relay, signal.SIGSTOP)
    try:
        second = world.extra(SPLIT, "relay")
        _take_lease(world)
        strike.pause(1, 2)
        recovery.published(world)
    finally:
        world.signal(relay, signal.SIGCONT)
    strike.pause(0.2, 1.5)
    world.dismiss(second)
