"""Child processes that never outlive their reason: they die with their parent, or the next start ends them."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import psutil

from dealerlog.problem import Problem

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass
class Child:
    """One running program, its log file and its pid file."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path
    pid_file: Path
    stop_signal: signal.Signals = signal.SIGTERM
    started: float = field(default_factory=time.monotonic)

    @property
    def pid(self) -> int:
        return self.popen.pid

    def alive(self) -> bool:
        return self.popen.poll() is None

    def ask_to_stop(self) -> None:
        """Send the stop signal without waiting, so that several children drain side by side."""
        if self.alive():
            self.popen.send_signal(self.stop_signal)

    def stop(self, timeout_seconds: float = 30.0) -> int:
        """Stop the child, by force after the timeout, and return its exit status."""
        self.ask_to_stop()
        try:
            self.popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
        self.pid_file.unlink(missing_ok=True)
        return self.popen.returncode

    def died(self) -> Problem:
        """The line that tells a person which program ended, how, and where to read why."""
        status = self.popen.poll()
        how = f"was killed by signal {-status}" if status and status < 0 else f"ended with status {status}"
        return Problem(f"{self.name} {how}; its last words are in {self.log}")


def spawn(
    name: str,
    argv: Sequence[str],
    *,
    log: Path,
    pid_file: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    uid_gid: tuple[int, int] | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    die_with_parent: bool = True,
) -> Child:
    """Start a program with its output in a log, in a session of its own: a Ctrl-C is ours to pass on, in order.

    Call it from a thread that lives as long as the child may: Linux ties the parent-death signal to the forking thread.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    ids = {"user": uid_gid[0], "group": uid_gid[1], "extra_groups": []} if uid_gid else {}
    with log.open("ab") as out:
        popen = subprocess.Popen(  # type: ignore[call-overload]
            list(argv), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=cwd,
            env=None if env is None else dict(env), start_new_session=True,
            preexec_fn=follow_parent(stop_signal) if die_with_parent else None, **ids,
        )  # fmt: skip
    pid_file.parent.mkdir(parents=True, exist_ok=True)
    kept = {"name": name, "pid": popen.pid, "created": _created(popen.pid), "stop_signal": int(stop_signal)}
    pid_file.write_text(json.dumps(kept))
    return Child(name, popen, log, pid_file, stop_signal)


def sweep(pid_file: Path, timeout_seconds: float = 15.0) -> str | None:
    """End what an earlier, killed parent left running; returns its name, or None when there was nothing.

    The start time is compared too, because a pid alone may belong to a stranger by now.
    """
    left = running(pid_file)
    if left is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            left.process.send_signal(left.stop_signal)
            try:
                left.process.wait(timeout_seconds)
            except psutil.TimeoutExpired:
                left.process.kill()
                left.process.wait(timeout_seconds)
    pid_file.unlink(missing_ok=True)
    return left.name if left else None


class Running(NamedTuple):
    """What a pid file speaks of."""

    name: str
    process: psutil.Process
    stop_signal: int


def running(pid_file: Path) -> Running | None:
    """The process that a pid file speaks of, if that very process still runs."""
    try:
        kept = json.loads(pid_file.read_text())
        process = psutil.Process(kept["pid"])
        same = abs(process.create_time() - kept["created"]) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, psutil.Error):
        return None
    return Running(kept["name"], process, kept["stop_signal"]) if same else None


def wait_until(ready: Callable[[], bool], child: Child, timeout_seconds: float) -> float:
    """Poll until ready and return the seconds since the child began; a dead child or the timeout is a Problem."""
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        if not child.alive():
            raise child.died()
        if time.monotonic() > deadline:
            raise Problem(f"{child.name} did not answer within {timeout_seconds:.0f} s; see {child.log}")
        time.sleep(0.05)
    return time.monotonic() - child.started


def _created(pid: int) -> float:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:  # it died at once: the caller's wait_until tells
        return 0.0


def follow_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What a Linux child runs before exec to be told when its parent dies, also where the parent is already gone."""
    if _libc is None:
        return None
    libc, parent = _libc, os.getpid()

    def follow() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return follow
