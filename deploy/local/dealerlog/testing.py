"""The pytest plugin that gives tests a real Kafka and PostgreSQL: `stack`, `database`, `topic_prefix`.

One stack serves a test session and all its xdist workers, in `.local/test-<pid>/`. A keeper process holds it, because a
worker may end before the others do; the keeper ends with the session, also when that is killed. To use a running one:
DEALERLOG_TEST_STACK=kafka=127.0.0.1:29092,pg=postgresql://postgres:secret@127.0.0.1:25432/postgres
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import psutil
import pytest
from aiokafka.admin import AIOKafkaAdminClient

from dealerlog.addresses import Addresses, KafkaAddress, addresses
from dealerlog.databases import DatabaseUrls, create_databases, drop_databases
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.supervisor import Supervisor
from dealerlog.topics import delete_topics

STACK_VARIABLE = "DEALERLOG_TEST_STACK"
FIRST_TEST_PORT = 20010
START_SECONDS, STOP_SECONDS = 240.0, 60.0
NOT_FOR_LONG = {"fsync": "off", "full_page_writes": "off", "wal_compression": "off"}
"""No test pulls the plug: what was committed survives any killed process without reaching the disk.

A database is created by writing all its pages to the WAL; compressing them was three quarters of the work.
"""
QUICK_TO_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""A broker that lives for two minutes never earns back what its best compiler takes from the tests."""

MakeDatabase = Callable[..., Awaitable[DatabaseUrls]]


@pytest.fixture(scope="session")
def stack() -> Addresses:
    """Where this session's Kafka and PostgreSQL are; started at the first use."""
    if given := os.environ.get(STACK_VARIABLE):
        return parse_stack(given)
    return shared_stack(_session_pid())


@pytest.fixture
async def database(stack: Addresses) -> AsyncIterator[MakeDatabase]:
    """`urls = await database()` makes an empty database with its three roles; all are dropped after the test."""
    async for make in _databases(stack):
        yield make


@pytest.fixture(scope="module")
async def module_database(stack: Addresses) -> AsyncIterator[MakeDatabase]:
    """The same, dropped after the module."""
    async for make in _databases(stack):
        yield make


@pytest.fixture
async def topic_prefix(stack: Addresses) -> AsyncIterator[str]:
    """A prefix no other test uses; topics that begin with it are deleted after the test."""
    prefix = f"t{secrets.token_hex(4)}."
    yield prefix
    admin = AIOKafkaAdminClient(**stack.kafka.client_options())
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if name.startswith(prefix)]
    finally:
        await admin.close()
    await delete_topics(stack.kafka, names)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the stack when the controller ends; a worker leaves it to the others."""
    if not hasattr(session.config, "workerinput"):
        stop_shared_stack(os.getpid())


def parse_stack(text: str) -> Addresses:
    """Read `kafka=HOST:PORT,pg=URL`."""
    parts = dict(part.split("=", 1) for part in text.split(",", 1) if "=" in part)
    if not {"kafka", "pg"} <= parts.keys():
        raise Problem(f"{STACK_VARIABLE} must read kafka=HOST:PORT,pg=URL, not {text!r}")
    return Addresses(KafkaAddress(parts["kafka"]), parts["pg"])


def shared_stack(session_pid: int) -> Addresses:
    """Start the session's stack unless another worker did, and say where it is."""
    installation = _installation(session_pid)
    local = installation.folder.parent
    local.mkdir(parents=True, exist_ok=True)
    with (local / f"{installation.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not _ready_file(installation).exists():
            _start_keeper(installation, session_pid)
    return addresses(installation, {})


def stop_shared_stack(session_pid: int) -> None:
    """Stop the session's stack, if it has one, and delete what it kept."""
    installation = _installation(session_pid)
    if (keeper := installation.holder()) is not None:
        os.kill(keeper, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while installation.holder() is not None and time.monotonic() < deadline:
            time.sleep(0.05)
    (installation.folder.parent / f"{installation.name}.lock").unlink(missing_ok=True)


def keep(session_pid: int) -> None:
    """The keeper: run the stack until told to stop or until the session's process is gone."""
    session, installation = psutil.Process(session_pid), _installation(session_pid)
    for variable in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):  # tests never touch somebody's cluster
        os.environ.pop(variable, None)
    with Supervisor(installation, postgres_settings=NOT_FOR_LONG, kafka_java=QUICK_TO_START) as supervisor:
        supervisor.start_stack()
        _ready_file(installation).touch()
        try:
            while session.is_running() and session.status() != psutil.STATUS_ZOMBIE:
                supervisor.check()
                time.sleep(0.3)
        except (KeyboardInterrupt, psutil.NoSuchProcess):
            pass
        supervisor.stop()
        shutil.rmtree(installation.folder)
    for leftover in installation.folder.parent.glob(f"{installation.name}.*"):
        leftover.unlink(missing_ok=True)


def _start_keeper(installation: Installation, session_pid: int) -> None:
    shutil.rmtree(installation.folder, ignore_errors=True)  # of a killed session that had this pid
    log = installation.folder.parent / f"{installation.name}.log"
    argv = [sys.executable, "-m", "dealerlog.testing", str(session_pid)]
    with log.open("wb") as out:
        keeper = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    deadline = time.monotonic() + START_SECONDS
    while not _ready_file(installation).exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            keeper.terminate()
            raise Problem(f"the stack for tests did not start: {log.read_text()[-2000:]}")
        time.sleep(0.05)
    log.unlink(missing_ok=True)


async def _databases(stack: Addresses) -> AsyncIterator[MakeDatabase]:
    made: list[str] = []

    async def make(name: str = "db") -> DatabaseUrls:
        prefix = f"t{secrets.token_hex(4)}_"
        made.append(f"{prefix}{name}")
        return (await create_databases(stack.admin_url, lambda _: "test", prefix=prefix, names=[name]))[name]

    yield make
    await drop_databases(stack.admin_url, made)


def _session_pid() -> int:
    """The pytest process that all workers share: their parent, or we ourselves without xdist."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def _installation(session_pid: int) -> Installation:
    named = Installation.named(f"test-{session_pid}")
    return Installation(named.folder, first_port=FIRST_TEST_PORT)


def _ready_file(installation: Installation) -> Path:
    return installation.folder / "ready"


if __name__ == "__main__":
    keep(int(sys.argv[1]))
