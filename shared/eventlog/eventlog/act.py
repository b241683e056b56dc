"""What a reaction or the clock orders: one command to one decider of the service's own log."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, Protocol

from eventlog.meta import Meta, Written
from eventlog.refusals import ClaimTaken, CommandReused, CommandTooLarge
from events import Decider, decode


class Act(NamedTuple):
    """A command for the stream of `key`; `events`: how many events it writes when it writes any (their ids derive).

    `complete(command, recorded)` adds what the bounded state has let go, from every recorded event of that stream.
    """

    decider: Decider[Any, Any]
    key: str
    command: Any
    events: int = 1
    complete: Callable[[Any, Sequence[Any]], Any] | None = None


class Handles(Protocol):
    """What is used of `eventlog.log.Log`."""

    async def handle(
        self,
        decider: Decider[Any, Any],
        key: str,
        command: Any,
        meta: Meta,
        *,
        prepare: Callable[[Any], Awaitable[Any]] | None = None,
    ) -> Written:
        """Run one command on one stream; a repeat of its id answers what the first answered."""
        ...

    async def read_stream(self, stream: str) -> Sequence[Any]:
        """Every event of one stream, each with its `document`."""
        ...


async def run(handles: Handles, act: Act, meta: Meta) -> Written:
    """Issue the command of an act, completed from its stream where the act says so."""
    complete = act.complete
    if complete is None:
        return await handles.handle(act.decider, act.key, act.command, meta)

    async def prepare(_: Any) -> Any:
        rows = await handles.read_stream(act.decider.stream(act.key))
        return complete(act.command, [decode(row.document) for row in rows])

    return await handles.handle(act.decider, act.key, act.command, meta, prepare=prepare)


FINAL = (CommandReused, ClaimTaken, CommandTooLarge)
"""Refusals of the log that another attempt meets again; all others pass."""
