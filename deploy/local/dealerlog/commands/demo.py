"""`demo`: the whole job in an installation of its own that is wiped afterwards, and every promise with its figures."""

from __future__ import annotations

import os
import time
from typing import Annotated

import typer
from rich.text import Text

from dealerlog.addresses import external_kafka, external_postgres
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.steps import Steps
from dealerlog.supervisor import Supervisor

FIRST_PORT = 22010  # and on by process: two demos of two checkouts begin apart
Keep = Annotated[bool, typer.Option("--keep", help="Do not delete the installation afterwards.")]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(demo)


def demo(keep: Keep = False) -> None:
    """Run the main job on an installation of its own, prove its figures, and delete it.

    The exit status is 0 only if every line holds. With KAFKA_BOOTSTRAP_SERVERS or DATABASE_URL it refuses, since it
    deletes topics and databases there, unless ALLOW_WIPE=1.
    """
    require_own_cluster()
    first_port = FIRST_PORT + os.getpid() % 40 * 200
    installation = Installation(Installation.named(f"demo-{os.getpid()}").folder, first_port=first_port)
    try:
        holds = _shown(installation)
    finally:
        if not keep:
            installation.wipe()
    if not holds:
        raise typer.Exit(1)


def require_own_cluster() -> None:
    """Refuse somebody's cluster unless wiping is allowed in so many words."""
    named = [name for name, at in (("KAFKA_BOOTSTRAP_SERVERS", external_kafka()), ("DATABASE_URL", external_postgres()))
             if at is not None]  # fmt: skip
    if named and os.environ.get("ALLOW_WIPE") != "1":
        raise Problem(f"{' and '.join(named)} is set and demo deletes what it makes there: unset it, or ALLOW_WIPE=1")


def _shown(installation: Installation) -> bool:
    from dealerlog.demo.checks import TABLE
    from dealerlog.demo.engine import Scene, run_checks
    from dealerlog.whole import Whole

    began, steps = time.monotonic(), Steps()
    with Supervisor(installation, steps) as supervisor:
        whole = Whole(supervisor, supervisor.start_stack(), steps)
        whole.start()
        scene = Scene(whole, steps.console)
        found = run_checks(TABLE, scene)
        scene.close()
    failed = [each for each in found if each.holds is False]
    untried = [each for each in found if each.holds is None]
    said = f"{len(found) - len(failed) - len(untried)} of {len(found)} hold, {len(untried)} not tried"
    steps.console.print(Text(f"{said}, after {time.monotonic() - began:.0f} s", style="red" if failed else "green"))
    return not failed and bool(found)
