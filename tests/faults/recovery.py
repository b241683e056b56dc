"""Whoever keeps processes running, in our place: starts what died, restarts what is red, waits until all is drained."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Collection

import asyncpg

from dealerlog.problem import Problem
from faults import reading
from faults.clients import Client
from faults.reading import Stands
from faults.world import Process, World

LIMIT_SECONDS = 120.0
SILENT_SECONDS, STARTING_SECONDS = 12.0, 40.0
POLL_SECONDS = 0.2
NOT_YET = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class NotRecovered(Exception):
    """The whole did not become healthy and drained in time: the message says what is missing."""


def recover(world: World, clients: Collection[Client]) -> float:
    """Wait until every process is ready, every client has its answers, everything is seen; answers the seconds it took.

    The clients rest afterwards.
    """
    begun = time.monotonic()
    for client in clients:
        client.rest()
    while (missing := lacking(world, clients)) is not None:
        if time.monotonic() - begun > LIMIT_SECONDS:
            raise NotRecovered(f"not healthy after {LIMIT_SECONDS:.0f} s: {missing}")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - begun


def lacking(world: World, clients: Collection[Client]) -> str | None:
    """What is still missing, None if nothing is. Starts and restarts what an orchestrator would."""
    servers(world)
    for process in world.processes.values():
        keep(world, process)
    if unready := [each.name for each in world.processes.values() if world.readiness(each).get("status") != "ok"]:
        return f"not ready: {', '.join(unready)}"
    if waiting := [each.name for each in clients if not each.rests() and each.failure is None]:
        return f"without an answer: {', '.join(waiting)}"
    return behind(world)


def servers(world: World) -> None:
    """Start Kafka and PostgreSQL where they died."""
    if not world.postmaster().alive():
        world.start_postgres()
    if not world.broker().alive():
        world.start_kafka()


def keep(world: World, process: Process) -> None:
    """Start a process that is dead; kill and start one whose live probe is red, or silent for too long."""
    match world.life(process):
        case "ok":
            process.silent_since = None
            return
        case "silent":
            process.silent_since = process.silent_since or time.monotonic()
            starting = time.monotonic() - process.begun < STARTING_SECONDS
            if starting or time.monotonic() - process.silent_since < SILENT_SECONDS:
                return
    world.kill(process)
    world.start(process)
    world.restarts += 1


def behind(world: World) -> str | None:
    """What is not published, seen or reacted to yet; parked streams are never right."""
    try:
        found = asyncio.run(standing(world))
    except NOT_YET as error:
        return f"a database does not answer: {error!r}"
    if parked := [name for name, each in found.items() if each.parked]:
        return f"parked streams in {', '.join(parked)}"
    for name, each in found.items():
        if any(each.marks.get(partition, 0) < last for partition, last in each.ends.items()):
            return f"{name} is not published"
        for reader, source, partition, sequence in each.positions:
            if sequence < found[source].ends.get(partition, 0):
                return f"{reader} of {name} lacks {source}[{partition}] from {sequence + 1} on"
    return None


async def standing(world: World) -> dict[str, Stands]:
    """How every service's database stands."""
    urls = {name: databases.app for name, databases in world.fleet.databases.items()}
    found = await asyncio.gather(*(reading.stands(url) for url in urls.values()))
    return dict(zip(urls, found, strict=True))


def published(world: World, seconds: float = 30.0) -> None:
    """Wait until all that is logged at this moment is published."""
    deadline = time.monotonic() + seconds
    ends = {name: each.ends for name, each in asyncio.run(standing(world)).items()}
    while True:
        now = asyncio.run(standing(world))
        if all(now[name].marks.get(p, 0) >= last for name, lasts in ends.items() for p, last in lasts.items()):
            return
        if time.monotonic() > deadline:
            raise Problem(f"not published within {seconds:.0f} s")
        time.sleep(POLL_SECONDS)


def seen(world: World, seconds: float = 90.0) -> None:
    """Wait until every reader has seen all that is logged at this moment, whatever is added meanwhile."""
    deadline = time.monotonic() + seconds
    ends = {name: each.ends for name, each in asyncio.run(standing(world)).items()}
    while True:
        positions = [at for each in asyncio.run(standing(world)).values() for at in each.positions]
        late = [at for at in positions if at[3] < ends[at[1]].get(at[2], 0)]
        if not late:
            return
        if time.monotonic() > deadline:
            raise Problem(f"not seen within {seconds:.0f} s: {late[:3]}")
        time.sleep(POLL_SECONDS)


def thawed(world: World) -> None:
    """Nothing stays frozen behind a fault that broke off."""
    for process in world.processes.values():
        if process.child is not None and process.child.alive():
            world.signal(process, signal.SIGCONT)
