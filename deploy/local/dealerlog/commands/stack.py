"""`up`, `down`, `wipe`: Kafka and PostgreSQL of an installation, in the background."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Annotated

import typer

from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor

Name = Annotated[str, typer.Option("--name", envvar="DEALERLOG_INSTALLATION", help="Which installation under .local/.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Foreground = Annotated[bool, typer.Option("--foreground", help="Stay until Ctrl-C instead of going to the background.")]

UP_SECONDS, DOWN_SECONDS = 240.0, 90.0


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (up, down, wipe):
        app.command()(command)


def up(name: Name = "default", foreground: Foreground = False) -> None:
    """Start Kafka and PostgreSQL; they run until `dealerlog down`."""
    installation = Installation.named(name)
    if foreground:
        with Supervisor(installation) as supervisor:
            supervisor.start_stack()
            supervisor.steps.say("up; Ctrl-C stops it")
            supervisor.watch()
        return
    if (holder := installation.holder()) is not None:
        raise Problem(f"installation {name!r} is already up (process {holder}): stop it with `make down`")
    _up_in_background(installation)
    typer.echo("up; stop it with: make down")


def down(name: Name = "default") -> None:
    """Stop everything of the installation; its data stay."""
    if not _stop(Installation.named(name)):
        typer.echo(f"installation {name!r} is not up")


def wipe(name: Name = "default", yes: Yes = False) -> None:
    """Delete an installation with all its data."""
    installation = Installation.named(name)
    if not installation.folder.exists():
        typer.echo(f"there is no installation {name!r}")
        return
    if not yes:
        typer.confirm(f"Delete {installation.folder} with every event in it?", abort=True)
    _stop(installation)
    installation.wipe()
    typer.echo(f"deleted {installation.folder}")


def _stop(installation: Installation) -> bool:
    """Stop the process that runs the installation, or what a killed one left; returns whether there was one."""
    if (holder := installation.holder()) is None:
        if installation.exists():
            with Supervisor(installation):
                pass
        return False
    with Steps().step("stopping", installation.name):
        os.kill(holder, signal.SIGTERM)
        deadline = time.monotonic() + DOWN_SECONDS
        while installation.holder() is not None:
            if time.monotonic() > deadline:
                raise Problem(f"process {holder} did not stop within {DOWN_SECONDS:.0f} s; see {installation.logs}")
            time.sleep(0.1)
    return True


def _up_in_background(installation: Installation) -> None:
    """Run `up --foreground` in a session of its own and pass its lines on until it says that it is up."""
    installation.logs.mkdir(parents=True, exist_ok=True)
    told = installation.logs / "up.log"
    argv = [sys.executable, "-m", "dealerlog", "up", "--foreground", "--name", installation.name]
    with told.open("wb") as out:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "DEALERLOG_LOCAL": str(installation.folder.parent)},
        )  # fmt: skip
    deadline, shown = time.monotonic() + UP_SECONDS, 0
    while True:
        ended = process.poll() is not None
        lines = told.read_text().splitlines(keepends=True)
        for line in lines[shown:]:
            if line.startswith("up; "):
                return
            typer.echo(line, nl=False)
        shown = len(lines)
        if ended:
            raise typer.Exit(process.returncode or 1)
        if time.monotonic() > deadline:
            process.terminate()
            raise Problem(f"not up within {UP_SECONDS:.0f} s; see {told}")
        time.sleep(0.1)
