"""A command that nobody gave: what is due by date and rests on more than its own stream, once however often asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import structlog

from credit_rating.snapshot import SERVICE
from eventlog.log import Log
from eventlog.meta import Meta
from events.decider import Decider, Refused
from events.ids import command_id, event_id, request_hash

log = structlog.get_logger("clock")


async def issue(
    to: Log,
    decider: Decider[Any, Any],
    dealer: str,
    command: Any,
    *parts: str,
    on: date,
    prepare: Callable[[Any], Awaitable[Any]] | None = None,
) -> bool:
    """Give a command whose id derives from `parts`, dated `on`; whether it wrote an event now. A refusal is logged.

    `prepare` makes the command from the stream's state, as in `Log.handle`.
    """
    given = command_id(SERVICE, *parts)
    meta = Meta(
        actor="clock",
        business_date=on,
        command_id=given,
        request_hash=request_hash({"parts": list(parts)}),
        correlation=str(given),
        event_ids=(event_id(SERVICE, *parts, 1),),
    )
    try:
        written = await to.handle(decider, dealer, command, meta, prepare=prepare)
    except Refused as refusal:
        log.warning("refused", dealer=dealer, what=parts[0], why=str(refusal))
        return False
    return bool(written.events) and not written.repeated
