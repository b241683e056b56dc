"""`run`: everything from nothing to a table of dealers, and up until Ctrl-C."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from dealerlog.commands.stack import Name
from dealerlog.installation import Installation
from dealerlog.showing import addresses_shown, table_shown
from dealerlog.steps import Steps
from dealerlog.supervised import work
from dealerlog.supervisor import Supervisor
from dealerlog.whole import Whole

Rows = Annotated[int, typer.Option("--rows", min=0, help="How many dealers the table shows.")]
Bare = Annotated[bool, typer.Option("--empty", help="Start without the sample network; today is the calendar's.")]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(run)


def run(name: Name = "default", rows: Rows = 20, empty: Bare = False) -> None:
    """Start everything, load the sample network, show what came of it, and stay up until Ctrl-C.

    The first run fetches Kafka and takes a few minutes; later ones start in seconds, offline, and keep the data.
    """
    began, steps = time.monotonic(), Steps()
    with Supervisor(Installation.named(name), steps) as supervisor:
        whole = Whole(supervisor, supervisor.start_stack(), steps)
        fleet = whole.start(pinned=not empty)
        if not empty:
            reached = work(supervisor, whole.sample())
            work(supervisor, table_shown(fleet, reached, rows, steps.console))
        addresses_shown(fleet, steps.console)
        steps.say(f"up after {time.monotonic() - began:.0f} s; everything lies under {whole.folder}; Ctrl-C stops it")
        supervisor.watch()
