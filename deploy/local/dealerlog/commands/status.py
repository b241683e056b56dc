"""`status`: how each service stands."""

from __future__ import annotations

import asyncio

import typer
from rich.table import Table

from dealerlog.commands.stack import Name
from dealerlog.installation import Installation
from dealerlog.running import existing_fleet
from dealerlog.standing import Standing, standing
from dealerlog.steps import console_of_ours


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(status)


def status(name: Name = "default") -> None:
    """Show each service's log, how much of it is published, how far its tables have come, and parked streams."""
    found = asyncio.run(_standing(name))
    console = console_of_ours()
    console.print(_table(found))
    parked = [each for service in found for each in service.parked]
    for stream in parked:
        console.print(
            f"parked by {stream.reader}: {stream.stream} ({stream.source}, from {stream.first}): {stream.reason}"
        )
    if parked:
        console.print("after the fix: dealerlog replay SERVICE STREAM --source SOURCE")


async def _standing(name: str) -> list[Standing]:
    return await standing(await existing_fleet(Installation.named(name)))


def _table(found: list[Standing]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("service", "answers"):
        table.add_column(heading)
    for heading in ("log", "published"):
        table.add_column(heading, justify="right")
    table.add_column("follows")
    for heading in ("seen", "lag events", "lag s", "parked"):
        table.add_column(heading, justify="right")
    for each in found:
        own = [each.service, "yes" if each.answers else "no", f"{each.events:,}", f"{each.published:,}"]
        parked = str(len(each.parked))
        for follows in each.follows:
            lag = [f"{follows.seen:,}", f"{follows.lag_events:,}", f"{follows.lag_seconds:.1f}"]
            table.add_row(*own, follows.source, *lag, parked)
            own, parked = ["", "", "", ""], ""
        if not each.follows:
            table.add_row(*own, "nothing yet", "", "", "", parked)
        for reader, seen in each.reactions.items():
            table.add_row("", "", "", "", f"reaction {reader}", f"{seen:,}", "", "", "")
    return table
