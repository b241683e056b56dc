"""What a reaction or the clock orders: one command to one decider of the service's own log."""

from typing import Any, NamedTuple, Protocol

from eventlog.meta import Meta, Written
from eventlog.refusals import ClaimTaken, CommandReused, CommandTooLarge
from events import Decider


class Act(NamedTuple):
    """A command for the stream of `key`; `events`: how many events it writes when it writes any (their ids derive)."""

    decider: Decider[Any, Any]
    key: str
    command: Any
    events: int = 1


class Handles(Protocol):
    """What is used of `eventlog.log.Log`."""

    async def handle(self, decider: Decider[Any, Any], key: str, command: Any, meta: Meta) -> Written:
        """Run one command on one stream; a repeat of its id answers what the first answered."""
        ...


FINAL = (CommandReused, ClaimTaken, CommandTooLarge)
"""Refusals of the log that another attempt meets again; all others pass."""
