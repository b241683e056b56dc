"""`run`: everything from nothing to a table of dealers, and up until Ctrl-C."""

from __future__ import annotations

import time
from datetime import date
from typing import Annotated

import typer

from dealerlog.commands.stack import Name
from dealerlog.fleet import TIME_ZONE
from dealerlog.installation import CURRENCY, Installation
from dealerlog.problem import Problem
from dealerlog.sample.calendar import LAST_DAY
from dealerlog.showing import addresses_shown, table_shown
from dealerlog.steps import Steps
from dealerlog.supervised import work
from dealerlog.supervisor import Supervisor
from dealerlog.whole import Whole

Rows = Annotated[int, typer.Option("--rows", min=0, help="How many dealers the table shows.")]
Bare = Annotated[bool, typer.Option("--empty", help="Start without the sample network; today is the calendar's.")]
Currency = Annotated[str | None, typer.Option("--currency", envvar="CURRENCY", help="Of every amount, chosen at the "
                                              "first start; the sample is CNY: others start empty.")]  # fmt: skip
Today = Annotated[str | None, typer.Option("--today", metavar="DATE|real", help="The business date, which stands "
                                           "still; real: the calendar's.")]  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(run)


def run(
    name: Name = "default", rows: Rows = 20, empty: Bare = False, currency: Currency = None, today: Today = None
) -> None:  # fmt: skip
    """Start everything, load the sample network, show what came of it, and stay up until Ctrl-C.

    The first run fetches Kafka and takes a few minutes; later ones start in seconds, offline, and keep the data.
    """
    began, steps = time.monotonic(), Steps()
    installation = Installation.named(name)
    pinned = business_date(today)
    with Supervisor(installation, steps) as supervisor:
        empty = installation.choose_currency(currency or None) != CURRENCY or empty
        day = pinned if today else None if empty else LAST_DAY
        whole = Whole(supervisor, supervisor.start_stack(), steps)
        fleet = whole.start(day)
        if not empty:
            reached = work(supervisor, whole.sample())
            work(supervisor, table_shown(fleet, reached, rows, steps.console))
        addresses_shown(fleet, steps.console)
        steps.say(f"currency {fleet.currency}, time zone {TIME_ZONE}, {said_of(day)}")
        steps.say(f"up after {time.monotonic() - began:.0f} s; everything lies under {whole.folder}; Ctrl-C stops it")
        supervisor.watch()


def business_date(said: str | None) -> date | None:
    """What `--today` says: a day, or None for the calendar's."""
    if said in (None, "real"):
        return None
    try:
        return date.fromisoformat(said or "")
    except ValueError:
        raise Problem(f"--today is {said!r}: say a date such as {LAST_DAY}, or real") from None


def said_of(day: date | None) -> str:
    """The business date in words."""
    if day is None:
        return "business date: the calendar's"
    return f"business date {day}{', the last day of the sample' * (day == LAST_DAY)}: `--today DATE|real` changes it"
