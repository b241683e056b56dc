"""`history`: everything that is on record about one dealer, from all four logs."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Table

from dealerlog.client import AUDITOR, Api
from dealerlog.commands.stack import Name
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.readmodel import opened
from dealerlog.running import existing_fleet
from dealerlog.steps import console_of_ours
from eventlog import reading
from eventlog.position import Position
from events import decode
from events.unreadable import Unreadable

TOLD = ("number", "invoice", "name", "code", "grade", "abc", "limit", "amount", "currency", "reason", "surveyed_on",
        "visited_on", "run")  # fmt: skip
Dealer = Annotated[str, typer.Argument(help="The dealer's id, its code, or its number in a source system.")]
Last = Annotated[int, typer.Option("--last", min=1, help="How many of the latest events are shown.")]


class Told(NamedTuple):
    """One event: both its times, what, by whom, its place, and the figures that say most."""

    recorded_at: datetime
    business_date: str
    type: str
    actor: str
    position: Position
    said: str


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(history)


def history(dealer: Dealer, last: Last = 50, name: Name = "default") -> None:
    """Show a dealer's timeline: what happened, when, by whom, and where it stands in which log."""
    found, events = asyncio.run(_history(name, dealer))
    console = console_of_ours()
    console.print(f"{found['code'] or '(no code yet)'}  {found['name']}  {found['id']}", soft_wrap=True)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("date", "recorded (UTC)", "what", "by", "position", "said"):
        table.add_column(heading, no_wrap=heading != "said")
    for each in events[-last:]:
        table.add_row(each.business_date, f"{each.recorded_at:%Y-%m-%d %H:%M:%S}", each.type, each.actor,
                      str(each.position), each.said)  # fmt: skip
    console.print(table)
    console.print(f"{min(last, len(events))} of {len(events)} events")


async def _history(name: str, dealer: str) -> tuple[dict[str, Any], list[Told]]:
    fleet = await existing_fleet(Installation.named(name))
    async with Api(fleet) as api:
        found = await dealer_named(api, dealer)
    events: list[Told] = []
    for each in fleet.members:
        async with opened(fleet, each) as inside:
            events += [_told(each.name, row) for row in await reading.key(inside.pool, found["id"])]
    return found, sorted(events)


async def dealer_named(api: Api, text: str) -> dict[str, Any]:
    """The dealer that a person means by an id, a code, a number of a source system, or a part of its name."""
    rows = [row async for row in api.pages("customer-registry", "/dealers", AUDITOR, q=text)]
    if not rows and len(text) == 36:
        rows = [await api.get("customer-registry", f"/dealers/{text}", AUDITOR)]
    exact = [row for row in rows if text in (row["code"], *(each["number"] for each in row["references"]))] or rows
    if not exact:
        raise Problem(f"no dealer is known by {text!r}: give its id, its code, or its number in a source system")
    if len(exact) > 1:
        listed = ", ".join(f"{row['code']} {row['name']}" for row in exact[:5])
        raise Problem(f"{text!r} may be any of {len(exact)} dealers, such as {listed}: give the code")
    return dict(exact[0])


def _told(service: str, row: reading.LogRow) -> Told:
    position = Position(service, row.partition, row.sequence, row.lineage)
    try:
        event = decode(row.document)
    except Unreadable as error:
        return Told(row.recorded_at, "", "cannot be read", "", position, str(error))
    data = event.event.model_dump(mode="json")
    said = ", ".join(f"{name} {data[name]}" for name in TOLD if data.get(name) is not None)
    return Told(row.recorded_at, str(event.businessdate), event.type, event.actor, position, said)
