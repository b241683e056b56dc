"""Defining a thing of the organisation: free while it is new, an edit with If-Match once it exists."""

from __future__ import annotations

from typing import Any

from eventlog.meta import Written
from events.decider import Decider
from service.context import WriteContext
from service.problems import Problem

DEFINING = ("if-match-missing", "stale-version")
"""What a definition can be answered beside a write's other problems."""


async def define(write: WriteContext, decider: Decider[Any, Any], key: str, command: Any) -> Written:
    """Run a definition; raises Problem("if-match-missing") where it would change what others may have changed."""

    async def prepare(state: Any) -> Any:
        if write.expected is None and state != decider.state() and decider.decide(state, command):
            raise Problem("if-match-missing", "It exists and says otherwise: read it, and send its ETag as If-Match.")
        return command

    return await write.handle(decider, key, command, prepare=prepare)
