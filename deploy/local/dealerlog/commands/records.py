"""`rebuild`, `rederive`, `republish`, `restore`, `adopt`, `replay`: what an operator does with a log and its tables."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from dealerlog import records
from dealerlog.addresses import addresses
from dealerlog.client import OPERATOR, Api
from dealerlog.commands.stack import Name
from dealerlog.fleet import MEMBERS, Fleet, Member, member
from dealerlog.installation import Installation
from dealerlog.problem import Problem
from dealerlog.running import existing_fleet
from dealerlog.steps import Steps

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(MEMBERS)}.")]
Perhaps = Annotated[str | None, typer.Argument(help=f"One of {', '.join(MEMBERS)}.")]
Every = Annotated[bool, typer.Option("--all", help="Every service.")]
Keep = Annotated[bool, typer.Option("--keep", help="Leave the old tables there, unread, until the next rebuild.")]
Processes = Annotated[int, typer.Option("--processes", min=1, max=16, metavar="N", help="Share a long log among N "
                                        "processes (a short one is read by one).")]  # fmt: skip
Stream = Annotated[str, typer.Argument(help="The stream as `dealerlog status` names it, such as <dealer>/ledger.")]
Source = Annotated[str | None, typer.Option("--source", help="The log it belongs to; the service's own if not given.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (rebuild, rederive, republish, restore, adopt, replay):
        app.command()(command)


def rebuild(
    service: Perhaps = None,
    every: Every = False,
    keep: Keep = False,
    processes: Processes = 1,
    name: Name = "default",
) -> None:
    """Fill a service's tables anew from Kafka beside those that serve, prove them equal, switch, and drop the old ones.

    Refuses, and leaves everything as it was, where a table comes out otherwise. Old tables that an earlier --keep or a
    refusal left are dropped, too.
    """
    members = _members(service, every)
    _each(name, members, lambda fleet, one, steps: records.rebuild(fleet, one, steps, keep=keep, processes=processes))


def rederive(service: Perhaps = None, every: Every = False, name: Name = "default") -> None:
    """Take every decision again from the topics alone and compare byte for byte; no table of the service is read.

    The log is restored into a database of its own, which is dropped afterwards. Exit status 1: some come out otherwise.
    """
    from dealerlog import rederiving

    members = [member(each) for each in rederiving.TABLES] if every else _members(service, every)
    if others := [each.name for each in members if each.name not in rederiving.TABLES]:
        raise Problem(f"{others[0]} decides nothing by a run: choose one of {', '.join(rederiving.TABLES)}, or --all")
    installation = Installation.named(name)

    async def run() -> list[str]:
        fleet, steps, differing = await existing_fleet(installation), Steps(), list[str]()
        for one in members:
            done = await rederiving.rederive(fleet, one, installation, addresses(installation), steps)
            differing += done.differing
        return differing

    differing = asyncio.run(run())
    for each in differing:
        typer.echo(f"comes out otherwise: {each}")
    if differing:
        raise typer.Exit(1)


def republish(service: Perhaps = None, every: Every = False, name: Name = "default") -> None:
    """Publish a log again after Kafka lost its data: creates the topic if it is gone; the running service sends."""
    members = _members(service, every)
    _each(name, members, lambda fleet, one, steps: records.republish(fleet, one, steps))


def restore(service: Service, name: Name = "default") -> None:
    """Fill a lost database from its Kafka topic: `dealerlog up` first, with the service itself stopped.

    Creates and migrates the database if it is gone. The tables fill from the first event when the service starts.
    """
    _each(name, [member(service)], lambda fleet, one, steps: records.restore(fleet, one, steps))


def adopt(service: Service, name: Name = "default") -> None:
    """Open a log on another server, after a promotion or a restore to a moment: adds what only its topic has.

    `dealerlog up` first, with the service itself stopped. A publisher of the old server that wakes later harms nothing:
    the topic is fenced against it.
    """
    _each(name, [member(service)], lambda fleet, one, steps: records.adopt(fleet, one, steps))


def replay(service: Service, stream: Stream, source: Source = None, name: Name = "default") -> None:
    """Apply what a parked stream holds, in order, after the cause was fixed."""
    one = member(service)

    async def ask() -> dict[str, dict[str, object]]:
        fleet = await existing_fleet(Installation.named(name))
        async with Api(fleet) as api:
            body = {"source": source or one.name, "stream": stream}
            done = await api.post(one.name, "/ops/parked/replay", OPERATOR, body, key=records.fresh_key())
            return dict(done.json())

    readers = {reader: said for reader, said in asyncio.run(ask()).items() if isinstance(said, dict)}
    if not readers:
        typer.echo(f"{stream} is not parked in {one.name}")
    for reader, said in readers.items():
        why, applied = said.get("reason"), said.get("applied") or 0
        typer.echo(f"{reader}: " + (f"still parked: {why}" if why else f"drained, {applied} applied"))
    if any(said.get("reason") for said in readers.values()):
        raise typer.Exit(1)


def _members(service: str | None, every: bool) -> list[Member]:
    if (service is None) != every:
        raise Problem(f"name one service ({', '.join(MEMBERS)}) or say --all")
    return list(MEMBERS.values()) if service is None else [member(service)]


def _each(name: str, members: list[Member], act: Callable[[Fleet, Member, Steps], Awaitable[object]]) -> None:
    async def run() -> None:
        fleet, steps = await existing_fleet(Installation.named(name)), Steps()
        for one in members:
            await act(fleet, one, steps)

    asyncio.run(run())
