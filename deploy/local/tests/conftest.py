"""What the tests of the local installation share: the checkout's jars, and folders that cost nothing to throw away."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from dealerlog.installation import Installation


@pytest.fixture(scope="session")
def cache() -> Path:
    """The jars are fetched once a checkout, not once a test."""
    return Installation.named().cache


@pytest.fixture
def installation(tmp_path: Path, cache: Path) -> Installation:
    """An empty installation in a folder of its own, on ports of its own."""
    cache.mkdir(parents=True, exist_ok=True)
    (tmp_path / "cache").symlink_to(cache)
    return Installation(tmp_path / "spare", first_port=21010 + os.getpid() % 400 * 20)


class Command:
    """`dealerlog …` run as a person would, on the spare installation."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.env = {**os.environ, "DEALERLOG_LOCAL": str(installation.folder.parent)}
        self.env |= {"DEALERLOG_INSTALLATION": installation.name}
        for variable in ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL"):
            self.env.pop(variable, None)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-m", "dealerlog", *words]
        return subprocess.run(argv, env=self.env, capture_output=True, text=True, timeout=120)

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "dealerlog", *words], env=self.env, stdout=subprocess.DEVNULL)

    def children(self) -> list[psutil.Process]:
        """The processes that the installation's pid files speak of, with theirs."""
        found = []
        for file in self.installation.folder.glob("*/*.pid"):
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(json.loads(file.read_text())["pid"])
                found += [process, *process.children(recursive=True)]
        return found


@pytest.fixture
def dealerlog(installation: Installation) -> Iterator[Command]:
    command = Command(installation)
    installation.prepare()  # chooses the ports from the spare range
    yield command
    command.run("down")


def eventually(condition: object, seconds: float = 15.0) -> bool:
    """Poll a condition until it holds or the time is over."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run; a zombie waits only for its parent to look."""
    running = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                running.append(process)
    return running
