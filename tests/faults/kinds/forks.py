"""The database comes back as an earlier self, promoted or restored: the fork must be caught, and `adopt` heal it.

What was accepted and not yet published is lost by nature and counted (law 1's exception); what a topic holds stays.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg

from dealerlog import records
from dealerlog.postgres import BIN, Postgres
from dealerlog.problem import Problem
from eventlog import tail
from events.placement import PARTITIONS
from faults import recovery
from faults.kinds import Strike, kind, until
from faults.world import QUIET, SPLIT, Process, World

CAUGHT = ("adopt", "restore")


def _copy(world: World, *, follows: bool) -> Postgres:
    """A copy of the running server: a replica that follows it, or a backup."""
    other = world.another_postgres()
    data = other.folder / "data"
    shutil.rmtree(other.folder, ignore_errors=True)
    other.folder.mkdir(parents=True)
    argv = [str(BIN / "pg_basebackup"), "-D", str(data), "-X", "stream", "-c", "fast", "-d", world.postgres.url()]
    done = subprocess.run([*argv, *(["-R"] if follows else [])], capture_output=True, text=True)
    if done.returncode:
        raise Problem(f"no copy of PostgreSQL could be made: {done.stderr}")
    if not follows:
        (data / "recovery.signal").touch()
        (data / "postgresql.auto.conf").write_text("restore_command = 'false'\nrecovery_target_timeline = 'latest'\n")
    _belongs(data)
    return other


def _belongs(data: Path) -> None:
    """As root, the server runs as nobody."""
    if os.geteuid() == 0:
        owner = pwd.getpwnam("nobody")
        for each in (data, *data.rglob("*")):
            os.chown(each, owner.pw_uid, owner.pw_gid)
        data.chmod(0o700)


def _on(server: Postgres, statement: str) -> object:
    async def ask() -> object:
        connection = await asyncpg.connect(server.url(), timeout=10)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(ask())


def _ahead(world: World, other: Postgres) -> bool:
    """Whether a topic holds events of the split service that this other server's log lacks."""
    ends = (
        "select coalesce(sum(last), 0)::bigint from (select max(sequence) as last from log.event group by partition) e"
    )
    marks = "select coalesce(sum(sequence), 0)::bigint from log.mark"

    async def ask(server: Postgres, statement: str) -> int:
        connection = await asyncpg.connect(server.url(world.fleet.databases[SPLIT].name), timeout=10)
        try:
            return int(await connection.fetchval(statement))
        finally:
            await connection.close()

    return asyncio.run(ask(world.postgres, marks)) > asyncio.run(ask(other, ends))


def _dies(strike: Strike) -> None:
    """The server is gone for good; who comes after it may know less."""
    strike.ledger.losses += 1
    strike.ledger.rewinding = True
    postmaster = strike.world.postmaster()
    postmaster.popen.kill()
    postmaster.popen.wait()


def _caught(strike: Strike, relay: Process) -> None:
    """A publisher of the split service must stop by itself and say what to do."""
    world = strike.world

    def says() -> bool:
        recovery.keep(world, relay)
        return any(word in world.notice(relay, "publisher") for word in CAUGHT)

    strike.note = f"caught after {until(says, 'a publisher that stopped', 60):.1f} s"


def _adopt(strike: Strike, *, asleep: str = "") -> None:
    """The operator's step (docs/operating.md): services down, `adopt` each log, services up."""
    world = strike.world
    processes = [each for each in world.processes.values() if each.name != asleep]
    world.stop(processes)
    for member in world.fleet.members:
        asyncio.run(records.adopt(world.fleet, member, QUIET))
    for process in processes:
        world.start(process)
    strike.rewound = True


@kind("replica-promoted", "a lagging replica is promoted under running publishers; caught, then adopted", every=4)
def replica_promoted(strike: Strike) -> None:
    """The replica's stream is cut, the primary goes on and dies: the promoted one lacks what was published."""
    world = strike.world
    replica = _copy(world, follows=True)
    replica.start()
    strike.pause(0.5, 1.5)
    _on(replica, "alter system set primary_conninfo = ''")
    _on(replica, "select pg_reload_conf()")
    _lag(strike, replica)
    _dies(strike)
    _on(replica, "select pg_promote()")
    world.move_to(replica)
    try:
        _caught(strike, world.of(SPLIT, "relay"))
    finally:
        _adopt(strike)


def _lag(strike: Strike, other: Postgres) -> None:
    """Wait until the topic is ahead of the other server's log, and a moment longer."""
    deadline = time.monotonic() + 30
    while not _ahead(strike.world, other):
        if time.monotonic() > deadline:
            raise Problem("nothing was published in 30 s")
        time.sleep(0.1)
    strike.pause(0, 1)


def _more_published(world: World) -> None:
    """Wait until the split service published more than when the copy was made."""

    def marks() -> int:
        return sum(asyncio.run(recovery.standing(world))[SPLIT].marks.values())

    before = marks()
    until(lambda: marks() > before, "more events in the topic", 30)


@kind("database-restored", "the database is restored to an earlier moment while a publisher sleeps", every=4)
def database_restored(strike: Strike) -> None:
    """It wakes before the operator acts, with marks that the restored log never reached, perhaps a batch in hand."""
    _restored(strike, wakes_late=False)


@kind("late-publisher", "the same, and the old publisher wakes after `adopt`", every=4)
def late_publisher(strike: Strike) -> None:
    """The batch that it had sent lands behind the fence: every reader passes it over, and the log goes on.

    The note says how many events were late: none if only the answer to its last batch was on the way.
    """
    before = asyncio.run(_late(strike.world))
    _restored(strike, wakes_late=True)
    strike.note += f"; {asyncio.run(_late(strike.world)) - before} late events"


def _held(world: World) -> Callable[[], object]:
    """Hold on its way what services and Kafka are sending each other; answers what lets it go.

    A batch is among it, or the answer to one that has landed: then nothing comes late. Who connects now gets through.
    """
    proxy = world.to_kafka
    proxy.half_open(True)
    time.sleep(0.5)  # what was answered before is noted down

    def unpublished() -> bool:
        split = asyncio.run(recovery.standing(world))[SPLIT]
        return any(last > split.marks.get(partition, 0) for partition, last in split.ends.items())

    until(unpublished, "an event that is not published", 30)
    time.sleep(0.3)  # the publisher looks every 20 ms
    held, proxy._flowing = proxy._flowing, asyncio.Event()
    proxy.half_open(False)
    return lambda: proxy._loop.call_soon_threadsafe(held.set)


async def _late(world: World) -> int:
    """The events of the split service's topic that were sent under a lineage that had ended."""
    kafka, topic = world.fleet.kafka.client_options(), world.fleet.topic(SPLIT)
    async with tail.reading(kafka, topic, dict.fromkeys(range(PARTITIONS), 0)) as topic_now:
        async for _ in topic_now.records():
            pass
    return sum(len(each.late) for each in topic_now.histories.values())


def _restored(strike: Strike, *, wakes_late: bool) -> None:
    world = strike.world
    backup = _copy(world, follows=False)
    sleeper = world.of(SPLIT, "relay")
    _more_published(world)
    let_go = _held(world) if wakes_late else None
    world.signal(sleeper, signal.SIGSTOP)
    _dies(strike)
    backup.start()
    until(lambda: _on(backup, "select pg_is_in_recovery()") is False, "a restored server", 30)
    world.move_to(backup)
    second = world.extra(SPLIT, "relay")
    try:
        _caught(strike, second)
        if not wakes_late:
            world.signal(sleeper, signal.SIGCONT)
            strike.pause(1, 3)
    finally:
        _adopt(strike, asleep=sleeper.name if wakes_late else "")
    if let_go:
        strike.pause(0, 6)
        let_go()
        strike.pause(0, 1)
        world.signal(sleeper, signal.SIGCONT)
        strike.pause(0.5, 2)
    world.dismiss(second)
