"""The server really starts, stops, and comes back after kill -9 with what it had committed."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from dealerlog.installation import Installation
from dealerlog.postgres import BIN, Postgres

from .conftest import alive


@pytest.fixture
def postgres(installation: Installation) -> Iterator[Postgres]:
    installation.prepare()
    server = Postgres(installation.folder / "postgres", port=installation.ports()["postgres"], password="a b'c@/%")
    server.start()
    yield server
    server.stop()


async def test_committed_rows_survive_kill_9(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url())
    await connection.execute("CREATE TABLE event (id int); INSERT INTO event SELECT generate_series(1, 1000)")
    assert postgres.child is not None
    family = [psutil.Process(postgres.child.pid), *psutil.Process(postgres.child.pid).children()]
    postgres.child.popen.kill()
    postgres.child.popen.wait()

    postgres.start()

    connection = await asyncpg.connect(postgres.url())
    assert await connection.fetchval("SELECT count(*) FROM event") == 1000
    await connection.close()
    assert not alive(family)


async def test_a_wrong_password_is_refused_over_loopback(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url(password="guess"))


async def test_commits_reach_the_disk_and_text_sorts_alike_everywhere(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url())
    for setting, value in {"fsync": "on", "synchronous_commit": "on", "max_connections": "300"}.items():
        assert await connection.fetchval(f"SHOW {setting}") == value
    rows = await connection.fetch("SELECT word FROM (VALUES ('b'), ('A'), ('a'), ('B')) AS t(word) ORDER BY word")
    await connection.close()
    assert [row["word"] for row in rows] == ["A", "B", "a", "b"]


async def test_a_clean_stop_ends_open_sessions_and_leaves_no_process(postgres: Postgres) -> None:
    await asyncpg.connect(postgres.url())
    assert postgres.child is not None
    family = [psutil.Process(postgres.child.pid), *psutil.Process(postgres.child.pid).children()]
    postgres.stop()
    assert not alive(family)


def test_the_server_never_runs_as_root(postgres: Postgres) -> None:
    assert postgres.child is not None
    assert psutil.Process(postgres.child.pid).uids().effective != 0


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root has to become another user")
def test_root_can_run_it_from_a_checkout_that_nobody_else_may_enter(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, wheel = tmp_path / "closed", BIN.parents[1]
    for part in (wheel.name, f"{wheel.name}.libs"):
        shutil.copytree(wheel.parent / part, closed / part, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setattr("dealerlog.postgres.BIN", closed / BIN.relative_to(wheel.parent))
    installation.prepare()
    server = Postgres(installation.folder / "postgres", port=installation.ports()["postgres"], password="secret")
    child = server.start()
    assert psutil.Process(child.pid).uids().effective != 0
    server.stop()
