"""Processes that die or freeze: of every role of the services, of Kafka, of PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal

import asyncpg
import psutil

from faults.kinds import Strike, kind
from faults.world import SPLIT, Process

BACKENDS = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dealerlog'"


def _any(strike: Strike, role: str) -> Process:
    """A process that plays the role: half the time the one that plays it alone."""
    world = strike.world
    alone = world.processes[f"{SPLIT}.{role}"]
    return strike.chance.choice([alone, *(each for each in world.processes.values() if each.roles == "all")])


def _killed(strike: Strike, role: str) -> None:
    process = _any(strike, role)
    strike.note = process.name
    strike.world.kill(process)
    strike.pause(0, 0.5)


def _frozen(strike: Strike, role: str) -> None:
    process = _any(strike, role)
    strike.note = process.name
    strike.world.signal(process, signal.SIGSTOP)
    strike.pause(0.5, 4)
    strike.world.signal(process, signal.SIGCONT)


@kind("api-kill", "SIGKILL of a process that answers requests")
def api_kill(strike: Strike) -> None:
    """Requests in flight lose their answers."""
    _killed(strike, "api")


@kind("worker-kill", "SIGKILL of a process that projects and reacts")
def worker_kill(strike: Strike) -> None:
    """A batch may be half applied."""
    _killed(strike, "worker")


@kind("relay-kill", "SIGKILL of a process that publishes")
def relay_kill(strike: Strike) -> None:
    """A batch may be sent and its mark not moved."""
    _killed(strike, "relay")


@kind("services-kill", "SIGKILL of every service at once", every=2)
def services_kill(strike: Strike) -> None:
    """Nobody is left to answer anybody."""
    for process in strike.world.processes.values():
        strike.world.kill(process)


@kind("api-freeze", "SIGSTOP, then SIGCONT, of a process that answers requests")
def api_freeze(strike: Strike) -> None:
    """It comes back in the midst of transactions that the server ended."""
    _frozen(strike, "api")


@kind("worker-freeze", "SIGSTOP, then SIGCONT, of a process that projects and reacts")
def worker_freeze(strike: Strike) -> None:
    """It comes back with partitions that may be another's by now."""
    _frozen(strike, "worker")


@kind("relay-freeze", "SIGSTOP, then SIGCONT, of a process that publishes")
def relay_freeze(strike: Strike) -> None:
    """It comes back with marks of the past."""
    _frozen(strike, "relay")


@kind("kafka-kill", "SIGKILL of Kafka")
def kafka_kill(strike: Strike) -> None:
    """What it acknowledged must be there when it is back."""
    broker = strike.world.broker()
    broker.popen.kill()
    broker.popen.wait()
    strike.pause(0, 1)


@kind("kafka-freeze", "SIGSTOP, then SIGCONT, of Kafka")
def kafka_freeze(strike: Strike) -> None:
    """Sessions of consumers may be over when it wakes."""
    pid = strike.world.broker().pid
    os.kill(pid, signal.SIGSTOP)
    strike.pause(0.5, 5)
    os.kill(pid, signal.SIGCONT)


@kind("postgres-kill", "SIGKILL of PostgreSQL")
def postgres_kill(strike: Strike) -> None:
    """Crash recovery, with the postmaster gone before its children."""
    postmaster = strike.world.postmaster()
    postmaster.popen.kill()
    postmaster.popen.wait()
    strike.pause(0, 1)


@kind("postgres-immediate", "PostgreSQL stopped with -m immediate")
def postgres_immediate(strike: Strike) -> None:
    """SIGQUIT is what `pg_ctl stop -m immediate` sends."""
    postmaster = strike.world.postmaster()
    postmaster.popen.send_signal(signal.SIGQUIT)
    postmaster.popen.wait(30)
    strike.pause(0, 1)


@kind("postgres-freeze", "SIGSTOP, then SIGCONT, of PostgreSQL with all its backends")
def postgres_freeze(strike: Strike) -> None:
    """Everybody waits with a transaction open."""
    postmaster = psutil.Process(strike.world.postmaster().pid)
    family = [postmaster, *postmaster.children(recursive=True)]
    _each(family, signal.SIGSTOP)
    strike.pause(0.5, 4)
    _each(family, signal.SIGCONT)


@kind("backends-terminate", "pg_terminate_backend of every connection of the services")
def backends_terminate(strike: Strike) -> None:
    """Pools are left with dead connections, transactions are undone."""
    for _ in range(strike.chance.randint(1, 3)):
        asyncio.run(_terminate(strike.world.postgres.url()))
        strike.pause(0, 0.4)


@kind("backend-kill", "SIGKILL of one backend of PostgreSQL, which restarts the whole server")
def backend_kill(strike: Strike) -> None:
    """The postmaster ends all others and recovers."""
    children = psutil.Process(strike.world.postmaster().pid).children()
    backends = [each for each in children if "_app" in " ".join(each.cmdline())]
    if backends:
        _each([strike.chance.choice(sorted(backends, key=lambda each: each.pid))], signal.SIGKILL)
    strike.pause(0, 0.5)


async def _terminate(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await connection.execute(BACKENDS)
    finally:
        await connection.close()


def _each(processes: list[psutil.Process], number: int) -> None:
    for each in processes:
        try:
            each.send_signal(number)
        except psutil.NoSuchProcess:
            continue
