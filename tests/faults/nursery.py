"""Where service processes are born: forked from one that has imported every service, which saves seconds a start.

`python -m faults.nursery` reads one JSON line a birth from its standard input and answers with the child's pid.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import psutil

from dealerlog.fleet import MEMBERS
from dealerlog.problem import Problem
from dealerlog.process import Child, follow_parent
from faults import wedging


class Born:
    """A process that is not our child, with what is used of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        try:
            self._process: psutil.Process | None = psutil.Process(pid)
        except psutil.NoSuchProcess:
            self._process, self.returncode = None, -1

    def poll(self) -> int | None:
        """None while it lives; how it ended only its parent knows."""
        if self.returncode is None and (self._process is None or not self._process.is_running()):
            self.returncode = -1
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises `subprocess.TimeoutExpired`."""
        if self._process is not None and self.poll() is None:
            try:
                self._process.wait(timeout)
            except psutil.TimeoutExpired as error:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from error
        self.returncode = -1
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it lives."""
        if self.poll() is None and self._process is not None:
            try:
                self._process.send_signal(number)
            except psutil.NoSuchProcess:
                self.returncode = -1

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The parent of all service processes: they end when it does, and it when its standard input does."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "faults.nursery"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, **env}, start_new_session=True,
        )  # fmt: skip

    def birth(self, name: str, module: str, env: Mapping[str, str], *, log: Path, pid_file: Path) -> Child:
        """Start a service with exactly this environment; its output is appended to the log."""
        told, answers = self._popen.stdin, self._popen.stdout
        assert told is not None and answers is not None
        log.parent.mkdir(parents=True, exist_ok=True)
        told.write(json.dumps({"module": module, "env": dict(env), "log": str(log)}).encode() + b"\n")
        told.flush()
        if not (said := answers.readline()):
            raise Problem(f"the process that services are forked from ended with status {self._popen.wait()}")
        return Child(name, cast("subprocess.Popen[bytes]", Born(int(said))), log, pid_file)

    def close(self) -> None:
        """End it; who is left of its children hears SIGTERM."""
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        self._popen.wait(10)


def main() -> int:
    """Import every service, then fork one for each line."""
    for member in MEMBERS.values():
        importlib.import_module(f"{member.package}.app")
    gc.collect()
    gc.freeze()  # a child then copies no page only to collect garbage
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them here, so they leave no zombies
    follow = follow_parent(signal.SIGTERM)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if pid := os.fork():
            print(pid, flush=True)
            continue
        _alone(asked["log"], asked["env"])
        if follow is not None:
            follow()
        return wedging.main(asked["module"])
    return 0


def _alone(log: str, env: Mapping[str, str]) -> None:
    """Leave the parent's session, signals, files and environment behind."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing, file = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for made, number in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(made, number)
    os.environ.clear()
    os.environ.update(env)


if __name__ == "__main__":
    sys.exit(main())
