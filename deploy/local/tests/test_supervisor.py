"""One command brings everything up, and nothing is left behind, however it ends."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.supervisor import Service, Supervisor

from .conftest import Command, alive, eventually

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.mark.slow
def test_up_refuses_a_second_up_and_down_leaves_nothing(dealerlog: Command) -> None:
    first = dealerlog.run("up")
    assert first.returncode == 0, first.stderr + first.stdout
    assert len(processes := dealerlog.children()) >= 2
    second = dealerlog.run("up")
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "already up" in second.stderr
    assert dealerlog.run("down").returncode == 0
    assert not alive(processes)
    assert "is not up" in dealerlog.run("down").stdout


@pytest.mark.slow
@linux_only
def test_killing_the_supervisor_ends_its_children_and_the_next_up_works(dealerlog: Command) -> None:
    supervisor = dealerlog.begin("up", "--foreground")
    assert eventually(lambda: len(list(dealerlog.installation.folder.glob("*/*.pid"))) == 2, 60)
    processes = dealerlog.children()
    supervisor.kill()
    supervisor.wait()
    assert eventually(lambda: not alive(processes))
    again = dealerlog.run("up")
    assert again.returncode == 0, again.stderr + again.stdout


@pytest.mark.slow
def test_a_child_that_dies_stops_the_rest(dealerlog: Command, installation: Installation) -> None:
    supervisor = dealerlog.begin("up", "--foreground")
    assert eventually(lambda: (installation.folder / "kafka" / "kafka.pid").exists(), 60)
    processes = dealerlog.children()
    kafka = next(process for process in processes if process.name() == "java")
    kafka.kill()
    assert supervisor.wait(60) == 1
    assert not alive(processes)


def test_a_taken_port_is_one_line_where_the_ports_may_not_move(dealerlog: Command, installation: Installation) -> None:
    """Beside somebody's Kafka an installation stays where it is; its own stack would move to a free block."""
    port = installation.ports()["postgres"]
    dealerlog.env["KAFKA_BOOTSTRAP_SERVERS"] = "127.0.0.1:9"
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a test before this one ran PostgreSQL there
        taken.bind(("127.0.0.1", port))
        taken.listen()
        refused = dealerlog.run("up", "--foreground")
    assert refused.returncode == 1
    assert f"port {port} is taken" in refused.stderr
    assert refused.stderr.count("\n") == 1


@pytest.fixture
def supervisor(installation: Installation) -> Iterator[Supervisor]:
    with Supervisor(installation) as held:
        yield held


def test_a_service_that_dies_is_named_with_its_status_and_log(supervisor: Supervisor) -> None:
    supervisor.start_services([Service("tiering", [sys.executable, "-c", "import time; time.sleep(.3); exit(3)"])])
    with pytest.raises(Problem, match=r"tiering ended with status 3; its last words are in .*tiering\.log"):
        supervisor.watch(poll_seconds=0.05)


def test_a_service_that_never_gets_ready_is_named(supervisor: Supervisor) -> None:
    nobody = "http://127.0.0.1:9/ready"
    with pytest.raises(Problem, match="tiering did not answer within 1 s"):
        supervisor.start_services([Service("tiering", SLEEP, ready_url=nobody)], timeout_seconds=1)


def test_services_get_sigterm_and_time_to_drain(supervisor: Supervisor, tmp_path: Path) -> None:
    drained = tmp_path / "drained"
    program = (
        "import pathlib, signal, sys, time\n"
        "def drain(*_):\n"
        f"    time.sleep(.5); pathlib.Path({str(drained)!r}).touch(); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, drain)\n"
        f"pathlib.Path({str(tmp_path / 'began')!r}).touch()\n"
        "time.sleep(600)\n"
    )
    supervisor.start_services([Service("tiering", [sys.executable, "-c", program])])
    assert eventually((tmp_path / "began").exists)
    supervisor.stop()
    assert drained.exists()


def test_sigterm_ends_the_watch_like_ctrl_c(supervisor: Supervisor) -> None:
    supervisor.start_services([Service("kill", ["sh", "-c", f"sleep .3; kill -TERM {os.getpid()}; sleep 600"])])
    began = time.monotonic()
    supervisor.watch()
    assert time.monotonic() - began < 10


def test_what_a_killed_supervisor_left_is_ended_at_the_next_start(installation: Installation) -> None:
    left = Supervisor(installation)
    with left:
        left.start_services([Service("tiering", SLEEP)])
        orphan = psutil.Process(left.services[0].pid)
        left.services = []  # as if killed before it could stop them
    assert alive([orphan])
    with Supervisor(installation):
        assert not alive([orphan])
